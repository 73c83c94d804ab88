import { once } from "node:events";
import { readFileSync } from "node:fs";
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { BENCH_SECRET } from "./messages.ts";

export interface Running {
  readonly port: number;
  /** From the start of the process until it listened, in seconds. */
  readonly startSeconds: number;
  /** CPU seconds of all its threads so far. */
  cpuSeconds(): number;
  /** Its peak memory so far, in MiB. */
  peakMiB(): number;
  stop(): Promise<void>;
}

/**
 * The flags with which `make run` and the image start the service. With 8 MB, V8 collects short-lived objects twice as often: ingest
 * was 6 to 20 % slower at 256 connections, and up to 20 % slower at 64. V8's default needs 26 MiB more than 16 MB, and is not faster.
 */
export const SERVICE_FLAGS: readonly string[] = ["--enable-source-maps", "--max-semi-space-size=16"];

/** Clock ticks per second in /proc, which Linux fixes at 100 for user space. */
const TICKS = 100;

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Of Node.js. */
  readonly flags?: readonly string[];
}

/** Starts a server that prints `started` and its `url` as a JSON line, and reads its log as a collector would. */
export async function startProcess(script: string, { env = {}, flags = [] }: StartOptions = {}): Promise<Running> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...flags, script], {
    env: { PATH: process.env["PATH"], WEBHOOK_SECRET: BENCH_SECRET, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const url = await firstUrl(child);
  const startSeconds = (performance.now() - startedAt) / 1000;
  const { pid } = child;
  return {
    port: Number(new URL(url).port),
    startSeconds,
    cpuSeconds: () => cpuSecondsOf(pid ?? NaN).own,
    peakMiB: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024,
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

export interface CpuSeconds {
  /** All threads of the process. */
  readonly own: number;
  /** The children of the process that have ended, and the ended children of those. */
  readonly ended: number;
}

/** The CPU time of a process so far. Needs Linux. */
export function cpuSecondsOf(pid: number): CpuSeconds {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ").map(Number) ?? [];
  const [user = NaN, system = NaN, endedUser = NaN, endedSystem = NaN] = fields.slice(11, 15);
  return { own: (user + system) / TICKS, ended: (endedUser + endedSystem) / TICKS };
}

async function firstUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("Cannot start the server: its standard output must be a pipe");
  const lines = createInterface({ input: child.stdout });
  const url = Promise.withResolvers<string>();
  lines.on("line", (line) => {
    // make may first print what it builds.
    if (line.startsWith("{")) url.resolve(JSON.parse(line).url);
  });
  child.once("exit", (code) => url.reject(new Error(`Cannot start the server: it must not end, but ended with status ${code}`)));
  const first = await url.promise;
  // The rest is read and discarded without being split into lines.
  lines.close();
  child.stdout.resume();
  return first;
}
