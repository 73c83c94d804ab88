import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import type { LoadResult } from "./load.ts";
import type { IdOrder } from "./messages.ts";

export interface LoadOptions {
  readonly port: number;
  readonly messages: number;
  readonly order?: IdOrder;
  /** Requests a second of an open loop; a closed loop where absent. */
  readonly rate?: number;
}

let seed = Date.now() % 1_000_000;

/** Runs the load generator as a process of its own, on the last core where the system lets it be chosen. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  seed += 1;
  const script = new URL("./load.ts", import.meta.url).pathname;
  const flags = { port: options.port, messages: options.messages, order: options.order ?? "growing", rate: options.rate ?? 0, seed };
  const command = [process.execPath, script, ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])];
  if (await canPin()) command.unshift("taskset", "-c", String(availableParallelism() - 1));
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return JSON.parse(output);
}

let pinning: Promise<boolean> | undefined;

function canPin(): Promise<boolean> {
  pinning ??= promisify(execFile)("taskset", ["--version"]).then(
    () => availableParallelism() > 1,
    () => false,
  );
  return pinning;
}

/** The times of so many GET requests one after the other over one connection, in milliseconds, sorted. */
export async function timeReads(port: number, target: string, count: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedAt = performance.now();
    const answer = await fetchText(port, target, agent);
    times.push(performance.now() - startedAt);
    if (answer.status !== 200) throw new Error(`Cannot measure ${target}: the answer must be 200, not ${answer.status}: ${answer.body}`);
  }
  agent.destroy();
  return times.sort((a, b) => a - b);
}

export function fetchText(port: number, path: string, agent: Agent): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    }).on("error", reject);
  });
}
