import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "node:test";
import { SECRET } from "./app.ts";
import { atEnd } from "./cleanup.ts";
import { COMPILE_CACHE } from "./compile-cache.ts";
import { databaseUrl, ONLY_SQLITE } from "./engine.ts";
import { temporaryFolder } from "./store.ts";
import { until } from "./until.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A process starts and works more slowly than the test, especially while other tests run. */
const PROCESS_LIMIT_MS = 30_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The service as a child process. */
export interface Service {
  /** Its working folder. */
  readonly folder: string;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Waits for the next log line that matches, after the line that the previous call returned. A string is compared with `msg`. */
  logged(wanted: string | ((line: Record<string, unknown>) => boolean)): Promise<Record<string, unknown>>;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<Exit>;
}

export interface ServiceOptions {
  /** The working folder; by default a new temporary one. */
  readonly folder?: string;
  /** The options of `ulimit` in the shell that starts it, e.g. `-f 1000`. */
  readonly limit?: string;
  /** A command that runs it, e.g. `strace -D` with its options. The service must keep the process id. */
  readonly under?: readonly string[];
}

/** Starts `main.ts` with this environment. It inherits only the compile cache from that of the test run. */
export function spawnService(t: TestContext, env: Readonly<Record<string, string>>, options: ServiceOptions = {}): Service {
  const folder = options.folder ?? temporaryFolder(t);
  const script = options.limit === undefined ? 'exec "$@"' : `ulimit ${options.limit}; exec "$@"`;
  const child = spawn("/bin/sh", ["-c", script, "sh", ...(options.under ?? []), process.execPath, MAIN], {
    cwd: folder,
    env: { ...COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let ended = false;
  let linesSeen = 0;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  // 'close' rather than 'exit', because all output has been read by then.
  const exited = once(child, "close").then(([code, signal]): Exit => {
    ended = true;
    return { code, signal };
  });
  atEnd(t, async () => {
    child.kill("SIGKILL");
    await exited;
  });

  return {
    folder,
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    async logged(wanted) {
      const isWanted = typeof wanted === "string" ? (line: Record<string, unknown>) => line["msg"] === wanted : wanted;
      let found: Record<string, unknown> | undefined;
      await until(`the service logs ${String(wanted)}`, () => {
        const lines = stdout.split("\n").slice(0, -1).map((line): Record<string, unknown> => JSON.parse(line));
        const index = lines.findIndex((line, at) => at >= linesSeen && isWanted(line));
        found = lines[index];
        if (found !== undefined) linesSeen = index + 1;
        else assert.ok(!ended, `the service logs ${String(wanted)} before it ends: ${stdout}${stderr}`);
        return found !== undefined;
      }, { limitMs: PROCESS_LIMIT_MS });
      return found ?? {};
    },
    signal: (name) => void child.kill(name),
    exited,
  };
}

export interface RunningService extends Service {
  readonly url: string;
}

/** Starts the service on a free port, with the usual secret, and waits until it listens. */
export async function startService(t: TestContext, env: Readonly<Record<string, string>> = {}, options: ServiceOptions = {}): Promise<RunningService> {
  const secret = "WEBHOOK_SECRET_FILE" in env ? {} : { WEBHOOK_SECRET: SECRET };
  const folder = options.folder ?? temporaryFolder(t);
  // The default database is a SQLite file in the working folder.
  const database = ONLY_SQLITE === false ? {} : { DATABASE_URL: await databaseUrl(t, join(folder, "data", "app.db")) };
  const service = spawnService(t, { PORT: "0", ...database, ...secret, ...env }, { ...options, folder });
  const started = await service.logged("started");
  return { ...service, url: String(started["url"]) };
}
