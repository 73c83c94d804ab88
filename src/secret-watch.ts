import { promises } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Outcome } from "./core/outcome.ts";
import type { Secrets } from "./core/secrets.ts";
import { readSecretFile } from "./secret-file.ts";

/** Kubernetes swaps a link when a secret changes, and sends no signal. */
const LOOK_EVERY_MS = 5_000;

export interface SecretWatchOptions {
  readonly extraPrevious: readonly string[];
  /** The secrets that are in use: finding them again is not reported. */
  readonly inForce: Secrets;
  readonly use: (secrets: Secrets) => void;
  /** Called when the file cannot be used, but not at every check for the same reason; the current secrets stay in use. */
  readonly refuse: (reason: string) => void;
  readonly readFile?: (path: string) => Promise<string>;
}

export interface SecretWatch {
  /** Reads the file at once, and uses or refuses it even if it has not changed. */
  reload(): Promise<void>;
  stop(): void;
}

/** Checks a file of secrets (see `readSecretFile`) every 5 s, following links, until it is stopped. */
export function watchSecretFile(path: string, options: SecretWatchOptions): SecretWatch {
  const { extraPrevious, readFile = readText } = options;
  let seen: Outcome<Secrets, string> = { ok: true, value: options.inForce };
  let looking = false;
  let stopped = false;
  let begun = 0;
  let applied = 0;

  async function read(): Promise<Outcome<Secrets, string>> {
    try {
      const content = await readFile(path);
      return readSecretFile(path, () => content, { extraPrevious });
    } catch (error) {
      return readSecretFile(path, () => { throw error; }, { extraPrevious });
    }
  }

  /** Ignores a read that began before the last one that was applied: it may have found older content. */
  function apply(found: Outcome<Secrets, string>, number: number): void {
    if (stopped || number < applied) return;
    applied = number;
    seen = found;
    if (found.ok) options.use(found.value);
    else options.refuse(found.error);
  }

  async function look(): Promise<void> {
    // If the file system hangs, checks must not accumulate.
    if (looking) return;
    looking = true;
    const number = (begun += 1);
    const found = await read();
    looking = false;
    if (!isDeepStrictEqual(found, seen)) apply(found, number);
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  return {
    async reload() {
      const number = (begun += 1);
      apply(await read(), number);
    },
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}

function readText(path: string): Promise<string> {
  return promises.readFile(path, "utf8");
}
