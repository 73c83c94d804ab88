import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { promisify } from "node:util";
import type { LoadResult } from "./load.ts";
import { createMessages, toRequest, type IdOrder } from "./messages.ts";

export interface LoadOptions {
  readonly port: number;
  readonly messages: number;
  readonly order?: IdOrder;
  /** 64 by default. */
  readonly connections?: number;
  /** Requests per second of an open loop; a closed loop by default. */
  readonly rate?: number;
}

interface SeededLoad extends LoadOptions {
  readonly seed: number;
}

const CONNECTIONS = 64;
/** wrk runs for a time, not for a number of requests. If it were faster than this, it would repeat requests. */
const WRK_MOST_PER_SECOND = 80_000;

let seed = Date.now() % 1_000_000;

/**
 * Runs a load generator as a separate process, on the last core if the system allows that. A closed loop uses wrk if it is
 * installed, since wrk leaves more of the machine to the server; everything else uses load.ts.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  // Two load generators may run at the same time: each gets its own seed.
  const own = { ...options, seed: (seed += 1) };
  return options.rate === undefined && (await isInstalled("wrk")) ? loadWithWrk(own) : JSON.parse(await run(nodeCommand(own)));
}

/** The name of the load generator of closed loops, for the table. */
export async function generatorName(): Promise<string> {
  return (await isInstalled("wrk")) ? "wrk" : "scripts/bench/load.ts";
}

function nodeCommand({ port, messages, seed, order = "growing", rate = 0, connections = CONNECTIONS }: SeededLoad): readonly string[] {
  const flags = { port, messages, order, rate, seed, connections };
  const script = new URL("./load.ts", import.meta.url).pathname;
  return [process.execPath, script, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
}

/** An open loop that runs until it is stopped. */
export interface SteadyLoad {
  /** Stops the loop and returns its result. */
  stop(): Promise<LoadResult>;
}

/** Starts an open loop of this many requests a second, which ends by itself after an hour. */
export async function startSteadyLoad(port: number, rate: number): Promise<SteadyLoad> {
  const { child, result } = await start(nodeCommand({ port, messages: rate * 3_600, rate, seed: (seed += 1) }));
  return {
    stop() {
      child.kill("SIGTERM");
      return result.then((output) => JSON.parse(output));
    },
  };
}

async function loadWithWrk({ port, messages, seed, order = "growing", connections = CONNECTIONS }: SeededLoad): Promise<LoadResult> {
  const seconds = Math.ceil(messages / WRK_MOST_PER_SECOND);
  const file = join(tmpdir(), `webhook-inbox-requests-${process.pid}-${seed}`);
  const stream = createWriteStream(file);
  const create = createMessages({ seed, order, startMs: Date.now(), perSecond: 10_000 });
  for (let index = 0; index < seconds * WRK_MOST_PER_SECOND; index += 1) {
    const request = toRequest(create(index));
    stream.write(`${request.length}\n`);
    stream.write(request);
  }
  await finished(stream.end());
  const script = new URL("./wrk.lua", import.meta.url).pathname;
  const url = `http://127.0.0.1:${port}/webhook`;
  try {
    const output = await run(["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, url, "--", file]);
    return JSON.parse(output.slice(output.lastIndexOf("\n{")));
  } finally {
    rmSync(file);
  }
}

async function run(command: readonly string[]): Promise<string> {
  return (await start(command)).result;
}

async function start(command: readonly string[]): Promise<{ readonly child: ChildProcess; readonly result: Promise<string> }> {
  const pinned = availableParallelism() > 1 && (await isInstalled("taskset"));
  const [program = "", ...args] = pinned ? ["taskset", "-c", String(availableParallelism() - 1), ...command] : command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const result = Promise.all([text(child.stdout), once(child, "exit")]).then(([output, [status]]) => {
    if (status !== 0) throw new Error(`Cannot measure: ${program} must end with status 0, not ${status}`);
    return output;
  });
  return { child, result };
}

async function isInstalled(program: string): Promise<boolean> {
  return promisify(execFile)("sh", ["-c", `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}

export interface ReadLimits {
  readonly count: number;
  readonly atMostMs: number;
}

/**
 * The durations of this many GET requests, one after the other over one connection, in milliseconds, sorted. Fewer, if they
 * take longer than `atMostMs` in total.
 */
export async function timeReads(port: number, target: string, { count, atMostMs }: ReadLimits): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  const endsAt = performance.now() + atMostMs;
  for (let index = 0; index < count && performance.now() < endsAt; index += 1) {
    const startedAt = performance.now();
    const { status, body } = await fetchText(port, target, agent);
    times.push(performance.now() - startedAt);
    if (status !== 200) throw new Error(`Cannot measure ${target}: the response must be 200, not ${status}: ${body}`);
  }
  agent.destroy();
  return times.sort((a, b) => a - b);
}

export interface Fetched {
  readonly status: number | undefined;
  readonly body: string;
}

export function fetchText(port: number, path: string, agent: Agent): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    }).on("error", reject);
  });
}
