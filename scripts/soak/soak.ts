import { setTimeout } from "node:timers/promises";
import { withinTime, type Harness } from "../torture/harness.ts";
import { startReaders } from "../torture/readers.ts";
import type { Service } from "../torture/service.ts";
import { until } from "../torture/until.ts";
import { ageHalf, countOld, rowsAfter } from "./file.ts";
import { findGrowth, startSampler, type Sampler } from "./gauges.ts";
import { compareTail, startTail, type Tail } from "./tails.ts";
import { startVisits } from "./visits.ts";

export interface SoakOptions {
  readonly seconds: number;
  /** The rate of the load. */
  readonly connections: number;
  readonly say: (line: string) => void;
}

const WHERE = "soak";
/** The part of the time in which messages arrive that are later removed by retention. */
const FILL_SHARE = 0.1;
/** Shared by all connections; each sends one delivery or a few. */
const SENDINGS_PER_SECOND = 150;
const READERS = 3;
const READ_PAUSE_MS = 40;
const LONGEST_TAIL_MS = 5_000;
const MINUTE_MS = 60_000;
const SAMPLES = 400;
/** Until all old messages are gone, retention must remove at least one within this time. */
const STANDSTILL_MS = 300_000;
const LOOK_MS = 500;
/** A shorter run is not checked for growth, because the service is still warming up. */
const LEAST_FOR_GROWTH_S = 30;

/**
 * Runs the service for this many seconds under every kind of load: deliveries with repeats and conflicts, reads, searches, tails
 * that reconnect, exports, retention, other readers of its file and second processes on it. Reports to the harness every message
 * that is lost, doubled, refused or missed by a tail, and every resource whose use grows.
 */
export async function soak(harness: Harness, { seconds, connections, say }: SoakOptions): Promise<void> {
  const pace = (): Promise<void> => setTimeout((connections / SENDINGS_PER_SECOND) * 1000);
  await fill(harness, { ms: seconds * FILL_SHARE * 1000, pace });
  const { service, url } = await harness.startUp(WHERE, { env: { RETENTION_DAYS: "1" } });
  const restMs = seconds * (1 - FILL_SHARE) * 1000;
  const endsAt = performance.now() + restMs;
  const load = harness.load(WHERE, url, { pace });
  const readers = startReaders(url, harness.random, { count: READERS, pauseMs: READ_PAUSE_MS });
  const sampler = startSampler(service.pid, harness.database, restMs / SAMPLES);
  const tails = startTails(harness, url);
  const visits = startVisits(harness, WHERE, { service, url, everyMs: Math.min(MINUTE_MS, restMs / 4) });
  await passTime(harness, { endsAt, service, sampler, tails, say });

  const counts = [...(await visits.stop())].map(([what, count]) => `${count} × ${what}`).join(", ");
  load.stop();
  await withinTime(load.finished, `${WHERE}: deliveries must get responses`);
  const statuses = await readers.stop();
  harness.reportReads(WHERE, statuses);
  if (readers.lastLoss() !== undefined) harness.report(WHERE, `the last read without a response was ${readers.lastLoss()}`);
  if (harness.ledger.count("refused") > 0) harness.report(WHERE, `${harness.ledger.count("refused")} deliveries got 503`);
  const samples = await sampler.stop();
  if (seconds >= LEAST_FOR_GROWTH_S) for (const growth of findGrowth(samples)) harness.report(WHERE, growth);
  await checkTails(harness, tails);
  await untilRemoved(harness);
  await harness.check(WHERE, url);
  service.signal("SIGTERM");
  await harness.endInOrder(WHERE, service);
  await harness.finish(WHERE);
  const reads = statuses.values().reduce((sum, count) => sum + count, 0);
  const tailed = tails.map((tail) => `a tail of ${tail.seen.length} messages over ${tail.connections()} connections`);
  say([`${reads} reads`, counts, ...tailed].join("; "));
}

/** Fills the database, then makes half of the messages old while the service is stopped: the next start removes them. */
async function fill(harness: Harness, { ms, pace }: { readonly ms: number; readonly pace: () => Promise<void> }): Promise<void> {
  const { service, url } = await harness.startUp(WHERE);
  const load = harness.load(WHERE, url, { pace });
  await setTimeout(ms);
  load.stop();
  await withinTime(load.finished, `${WHERE}: deliveries must get responses`);
  service.signal("SIGTERM");
  await harness.endInOrder(WHERE, service);
  harness.removed(ageHalf(harness.database));
}

/** Waits for retention, which may be slow, because it uses only the CPU time that other threads leave; only a standstill is a fault. */
async function untilRemoved({ database }: Harness): Promise<void> {
  for (let left = countOld(database); left > 0; ) {
    const before = left;
    async function isLess(): Promise<boolean> {
      left = countOld(database);
      return left < before;
    }
    await until(isLess, `${WHERE}: retention must continue to remove old messages`, { limitMs: STANDSTILL_MS, everyMs: LOOK_MS });
  }
}

function startTails({ random, report }: Harness, url: string): readonly Tail[] {
  return (["application/x-ndjson", "text/event-stream"] as const).map((type) =>
    startTail(url, { type, random, mostMs: LONGEST_TAIL_MS, onProblem: (what) => report(WHERE, what) }),
  );
}

interface Passing {
  readonly endsAt: number;
  readonly service: Service;
  readonly sampler: Sampler;
  readonly tails: readonly Tail[];
  readonly say: (line: string) => void;
}

/** Reports progress once a minute; rejects if the service ends. */
async function passTime({ ledger }: Harness, { endsAt, service, sampler, tails, say }: Passing): Promise<void> {
  const ended = service.exited.then(() => true);
  for (;;) {
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0) return;
    if (await Promise.race([ended, setTimeout(Math.min(MINUTE_MS, leftMs), false)])) {
      throw new Error(`Cannot continue: ${WHERE}: the service must not end: ${service.complaints()}`);
    }
    const { memoryMiB = NaN, descriptors = NaN, walMiB = NaN } = sampler.latest() ?? {};
    const leftSeconds = Math.round(Math.max(0, endsAt - performance.now()) / 1000);
    const places = tails.map(({ seen }) => seen.at(-1)?.seq ?? "–").join(" and ");
    say(
      `${leftSeconds} s left: ${ledger.count("stored")} got 200, ${memoryMiB.toFixed(0)} MiB, ${descriptors} descriptors, ` +
        `WAL ${walMiB.toFixed(1)} MiB, tails at ${places}`,
    );
  }
}

/** Once no more messages arrive, each tail must reach the last one, and must have seen each message once. */
async function checkTails(harness: Harness, tails: readonly Tail[]): Promise<void> {
  for (const tail of tails) {
    const after = tail.after();
    if (after === undefined) {
      harness.report(WHERE, "a tail never got a response");
      continue;
    }
    const rows = rowsAfter(harness.database, after);
    const last = rows.at(-1)?.seq ?? after;
    await until(async () => (tail.seen.at(-1)?.seq ?? after) >= last, `${WHERE}: a tail must get to the last message`);
    await tail.stop();
    for (const problem of compareTail(tail.seen, rows).slice(0, 10)) harness.report(WHERE, problem);
  }
}
