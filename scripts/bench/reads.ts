import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { startSteadyLoad, timeReads, type ReadLimits } from "./client.ts";
import { serviceOf } from "./ingest.ts";
import { startProgram } from "./measure.ts";
import { startProcess } from "./service.ts";
import { settle } from "./settle.ts";
import { median, quantile } from "./table.ts";

/** A database with this many messages and a complete index. */
export interface Seeded {
  readonly database: string;
  readonly count: number;
}

export interface Read {
  readonly what: string;
  readonly target: (rows: number) => string;
  readonly atMostMs: number;
  /** Whether its work grows with the rows, because more of them match. */
  readonly proportional?: boolean;
}

export const READS: readonly Read[] = [
  { what: "GET /messages", target: () => "/messages", atMostMs: 5 },
  { what: "from", target: () => "/messages?from=+919810000042", atMostMs: 5 },
  { what: "since", target: () => "/messages?since=2025-01-01T02:00:00Z", atMostMs: 5 },
  { what: "from and since", target: () => "/messages?from=+919810000042&since=2025-01-01T02:00:00Z", atMostMs: 5 },
  { what: "offset at the far end", target: (rows) => `/messages?offset=${rows - 50}`, atMostMs: 10 },
  { what: "q, rare match", target: () => "/messages?q=quixotic", atMostMs: 10 },
  { what: "q, 1 % of rows match", target: () => "/messages?q=saffron", atMostMs: 50, proportional: true },
  { what: "q, rare though its trigrams are common", target: () => "/messages?q=call+call+call+call", atMostMs: 50, proportional: true },
  { what: "GET /stats", target: () => "/stats", atMostMs: 5 },
  { what: "GET /metrics", target: () => "/metrics", atMostMs: 5 },
  { what: "GET /health/ready", target: () => "/health/ready", atMostMs: 5 },
];
const WARM_UP = { count: 100, atMostMs: 5_000 };
export const TIMED: ReadLimits = { count: 300, atMostMs: 10_000 };
/** Shorter, so that incoming messages do not change the size of the database much. */
const TIMED_UNDER_LOAD = { count: 300, atMostMs: 3_000 };
const STEADY_PER_SECOND = 5_000;

/** The p99 of each read in milliseconds, in the order of the table; `held`: whether the goals apply. */
export async function measureReads(bench: Bench, { database, count }: Seeded, held: boolean): Promise<readonly number[]> {
  const server = await startProgram(serviceOf(bench.root), database);
  bench.note({ what: `start to ready with ${count} rows`, value: server.startSeconds, unit: "s", goal: { atMost: 0.5 } });
  await settle(server.cpuSeconds);
  const all = await timeAll(bench, { port: server.port, rows: count, limits: TIMED });
  noteReads(bench, all, { at: `${count} rows`, held });
  await server.stop();
  return all;
}

/** The same while messages arrive at a steady rate, on a copy of the database. */
export async function measureReadsUnderLoad(bench: Bench, { database, count }: Seeded): Promise<void> {
  const server = await startProgram(serviceOf(bench.root), bench.newDatabase(database));
  await settle(server.cpuSeconds);
  const load = await startSteadyLoad(server.port, STEADY_PER_SECOND);
  const all = await timeAll(bench, { port: server.port, rows: count, limits: TIMED_UNDER_LOAD });
  const { answered, refused, seconds } = await load.stop();
  await server.stop();
  if (refused > 0) throw new Error(`Cannot measure: every message must get 200, ${refused} did not`);
  noteReads(bench, all, { at: `${count} rows and ${STEADY_PER_SECOND} messages a second`, held: true });
  const goal = { atLeast: STEADY_PER_SECOND * 0.98 };
  bench.note({ what: "messages a second stored during these reads", value: answered / seconds, unit: "", goal });
}

export interface Timing {
  readonly port: number;
  readonly rows: number;
  readonly limits: ReadLimits;
}

/** The p99 of each read: the median of several rounds, in which the reads take turns, since noise can dominate a single p99. */
export async function timeAll(bench: Bench, { port, rows, limits }: Timing): Promise<readonly number[]> {
  const targets = READS.map(({ target }) => target(rows));
  for (const target of targets) await timeReads(port, target, WARM_UP);
  const taken: number[][] = READS.map(() => []);
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const [index, target] of targets.entries()) taken[index]?.push(quantile(await timeReads(port, target, limits), 0.99));
  }
  return taken.map(median);
}

function noteReads(bench: Bench, all: readonly number[], { at, held }: { readonly at: string; readonly held: boolean }): void {
  READS.forEach(({ what, atMostMs }, index) => {
    bench.note({ what: `${what}, p99 at ${at}`, value: all[index] ?? NaN, unit: "ms", ...(held && { goal: { atMost: atMostMs } }) });
  });
}

export interface GrowthOptions {
  /** The p99 of each read with `few` rows. */
  readonly small: readonly number[];
  readonly few: number;
  readonly large: Seeded;
}

/** How much slower each read is with many more rows. */
export async function measureGrowth(bench: Bench, { small, few, large }: GrowthOptions): Promise<void> {
  const all = await measureReads(bench, large, false);
  READS.forEach(({ what, proportional }, index) => {
    const value = (all[index] ?? NaN) / (small[index] ?? NaN) / (proportional ? large.count / few : 1);
    const compared = `${what}, p99 at ${large.count} rows / at ${few}${proportional ? ", by row" : ""}`;
    bench.note({ what: compared, value, unit: "", goal: { atMost: 1.5 } });
  });
}

/** Measures a start through `make run` when nothing must be built or fetched. */
export async function measureMakeRun(bench: Bench, { database }: Seeded): Promise<void> {
  const script = join(bench.root, "scripts/bench/make-run.ts");
  const server = await startProcess(script, { env: { DATABASE_URL: `sqlite:///${database}`, HOME: process.env["HOME"] ?? "/" } });
  bench.note({ what: "start to ready through make run", value: server.startSeconds, unit: "s", goal: { atMost: 1 } });
  await server.stop();
}
