import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BENCH_SECRET } from "../bench/messages.ts";
import { SERVICE_FLAGS } from "../bench/service.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** The service in its own process, with its own folder. */
export interface OverloadedService {
  readonly port: number;
  readonly pid: number;
  /** Undefined while it runs, then how it ended. */
  ended(): string | undefined;
  /** Stops it, and returns how it ended. */
  stop(): Promise<string>;
}

/** Starts the service under `ulimit -n` with this many descriptors; by default as many as this process may have. */
export async function startOverloaded(options: { readonly maxDescriptors?: number; readonly env?: Readonly<Record<string, string>> } = {}): Promise<OverloadedService> {
  const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-overload-"));
  const limit = options.maxDescriptors === undefined ? "" : `ulimit -n ${options.maxDescriptors}; `;
  const child = spawn("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", process.execPath, ...SERVICE_FLAGS, MAIN], {
    env: { PATH: process.env["PATH"], WEBHOOK_SECRET: BENCH_SECRET, PORT: "0", DATABASE_URL: `sqlite:///${join(folder, "app.db")}`, ...options.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let end: string | undefined;
  const exited = once(child, "exit").then(([code, signal]) => {
    end = signal === null ? `exit status ${code}` : `signal ${signal}`;
  });
  const lines = createInterface({ input: child.stdout });
  const [first] = await Promise.race([once(lines, "line"), exited.then(() => [undefined])]);
  if (typeof first !== "string") throw new Error(`Cannot start the service: it must listen, but ended with ${end}`);
  lines.close();
  child.stdout.resume();
  return {
    port: Number(new URL(JSON.parse(first).url).port),
    pid: child.pid ?? 0,
    ended: () => end,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
      return end ?? "";
    },
  };
}
