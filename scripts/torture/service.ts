import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { TORTURE_SECRET } from "./messages.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One start of the service as a separate process. */
export interface Service {
  /** Its URL; undefined if it ended before it listened. */
  readonly started: Promise<string | undefined>;
  readonly exited: Promise<Exit>;
  /** The process that was started: that of `under`, if there is one. */
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  /** What it wrote to standard error. */
  complaints(): string;
}

export interface ServiceOptions {
  /** `dist/main.js` or `src/main.ts`. */
  readonly main: string;
  readonly database: string;
  /** A command that runs it, e.g. `strace` with its options. */
  readonly under?: readonly string[];
  readonly shutdownTimeoutMs: number;
  /** The port to listen on; a free one by default. */
  readonly port?: number;
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** The file to which its log is appended; otherwise the log is discarded. */
  readonly logFile?: string;
}

export function startService(options: ServiceOptions): Service {
  const [program = process.execPath, ...args] = [...(options.under ?? []), process.execPath, options.main];
  const child = spawn(program, args, {
    env: {
      PATH: process.env["PATH"],
      WEBHOOK_SECRET: TORTURE_SECRET,
      PORT: String(options.port ?? 0),
      DATABASE_URL: `sqlite:///${options.database}`,
      SHUTDOWN_TIMEOUT_MS: String(options.shutdownTimeoutMs),
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaints += chunk;
  });
  const exited = once(child, "close").then(([code, signal]): Exit => {
    process.off("exit", kill);
    return { code, signal };
  });
  if (options.logFile !== undefined) child.stdout.pipe(createWriteStream(options.logFile, { flags: "a" }));
  const started = firstUrl(child.stdout, exited);
  return { started, exited, pid: child.pid ?? NaN, signal: (name) => void child.kill(name), complaints: () => complaints };
}

async function firstUrl(stdout: Readable, exited: Promise<Exit>): Promise<string | undefined> {
  const lines = createInterface({ input: stdout });
  const { promise: found, resolve } = Promise.withResolvers<string>();
  // A warning may come before the start-up line.
  lines.on("line", (line) => {
    const { url }: { readonly url?: string } = JSON.parse(line);
    if (url !== undefined) resolve(url);
  });
  const url = await Promise.race([found, exited.then(() => undefined)]);
  // The rest is read and discarded without being split into lines.
  lines.close();
  stdout.resume();
  return url;
}
