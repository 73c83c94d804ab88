import { load, type LoadOptions } from "./client.ts";
import type { Bench } from "./bench.ts";
import type { LoadResult } from "./load.ts";
import { startProcess, type Running } from "./service.ts";
import { settle } from "./settle.ts";
import { median } from "./table.ts";

/** A server to measure. */
export interface Program {
  readonly name: string;
  readonly script: string;
  readonly flags?: readonly string[];
  /** `DATABASE_URL` of a new database for each measurement; a file by default. */
  readonly databaseUrl?: () => Promise<string>;
}

/** One measurement of ingest. */
export interface Run extends LoadResult {
  readonly perSecond: number;
  /** CPU time per message in microseconds, including what the service does after the last response. */
  readonly cpuMicros: number;
  readonly peakMiB: number;
}

export interface RunOptions extends Omit<LoadOptions, "port"> {
  /** A database to copy; a new one by default. */
  readonly from?: string;
}

/**
 * Requests before each measurement, so that it does not measure V8's compilation; three seconds of wrk. After one second V8 still
 * compiled so much that it made up the slowest hundredth of an open loop, and 12 of 76 µs of CPU time a message.
 */
const WARM_UP_MESSAGES = 240_000;
/** The maximum number of warm-up messages per measured message, so that a short trial has a short warm-up. */
const MAX_WARM_UP_RATIO = 5;

export function startProgram(program: Program, database: string): Promise<Running> {
  return startOn(program, `sqlite:///${database}`);
}

export function startOn({ script, flags }: Program, databaseUrl: string): Promise<Running> {
  return startProcess(script, { env: { DATABASE_URL: databaseUrl }, ...(flags && { flags }) });
}

/** Starts the program on its own database, measures it under this load and stops it. */
export async function measure(bench: Bench, program: Program, options: RunOptions): Promise<Run> {
  const { from, ...sent } = options;
  const server = await startOn(program, (await program.databaseUrl?.()) ?? `sqlite:///${bench.newDatabase(from)}`);
  const result = await underLoad(server, sent);
  await server.stop();
  return result;
}

export interface UnderLoadOptions extends Omit<LoadOptions, "port"> {
  /** Whether to wait until the service has no work left, before and after; true by default. */
  readonly settles?: boolean;
}

/** Measures a running server. Rejects if it refuses a message. */
export async function underLoad(server: Running, { settles = true, ...sent }: UnderLoadOptions): Promise<Run> {
  const cpuSeconds = async (): Promise<number> => (settles ? (await settle(server.cpuSeconds)).cpuSeconds : server.cpuSeconds());
  await load({ messages: Math.min(WARM_UP_MESSAGES, MAX_WARM_UP_RATIO * sent.messages), port: server.port });
  const before = await cpuSeconds();
  const result = await load({ ...sent, port: server.port });
  if (result.refused > 0) throw new Error(`Cannot measure: every message must get 200, ${result.refused} did not`);
  const cpuMicros = (((await cpuSeconds()) - before) / result.answered) * 1e6;
  return { ...result, perSecond: result.answered / result.seconds, cpuMicros, peakMiB: server.peakMiB() };
}

export type Figure = keyof Run;

/** The results of several measurements made in turn: one list each, in the order of the rounds. */
export interface Comparison {
  readonly runs: readonly (readonly Run[])[];
  /** The median, over the rounds, of the figure of measurement `one` divided by that of measurement `other`. */
  ratio(one: number, other: number, figure?: Figure): number;
  /** The median of the figure of measurement `one`. */
  median(one: number, figure: Figure): number;
}

/**
 * Measures all of them in each round, one after the other, so that other load on the machine affects all alike. Every second round is
 * reversed, so that none gains from its position.
 */
export async function compare(bench: Bench, measured: readonly (() => Promise<Run>)[]): Promise<Comparison> {
  const runs: Run[][] = measured.map(() => []);
  for (let round = 1; round <= bench.rounds; round += 1) {
    const turns = [...measured.entries()];
    for (const [index, once] of round % 2 === 1 ? turns : turns.toReversed()) runs[index]?.push(await once());
    const speeds = runs.map((own) => own.at(-1)?.perSecond.toFixed(0));
    bench.say(`  round ${round} of ${bench.rounds}: ${speeds.join(", ")} a second`);
  }
  const figures = (index: number, figure: Figure): readonly number[] => runs[index]?.map((run) => run[figure]) ?? [];
  return {
    runs,
    ratio(one, other, figure = "perSecond") {
      const divisors = figures(other, figure);
      return median(figures(one, figure).map((value, round) => value / (divisors[round] ?? NaN)));
    },
    median: (one, figure) => median(figures(one, figure)),
  };
}
