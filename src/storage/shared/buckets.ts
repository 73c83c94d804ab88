import { compareText, LAST, sortKey } from "../../core/order.ts";
import type { Bucket, Timeline, TimelineQuery } from "../../core/queries.ts";

/** How the buckets of a time zone divide a UTC hour or day. */
export interface Grid {
  /** The length of the key prefix that names the hour or day. */
  readonly length: number;
  /**
   * What follows that prefix in the key of the instant at which a bucket begins, e.g. `T18:30`; empty if the hour or day is one
   * bucket.
   */
  readonly cut: string;
  /** The maximum number of buckets that share the hour or day. */
  readonly parts: 1 | 2;
}

/** A bucket and its messages: those with keys from `low` (inclusive) to `high` (exclusive). */
export interface Counted {
  readonly low: string;
  readonly high: string;
  readonly count: number;
}

/** How many messages an hour or day has, and how many of them have keys from its cut on. */
export interface Split {
  readonly count: number;
  readonly after: number;
}

/** Combines the counts of UTC hours or days, each cut in two, into buckets. */
export interface Tally {
  /**
   * Adds messages of the hour or day with this prefix, and how many of them come after its cut. A prefix that is not a time is
   * ignored.
   */
  add(prefix: string, messages: Split): void;
  /** In time order. */
  counted(): readonly Counted[];
}

const MINUTE_MS = 60_000;
const STEPS: Readonly<Record<Bucket, { readonly ms: number; readonly length: number; readonly rest: string }>> = {
  day: { ms: 1_440 * MINUTE_MS, length: 10, rest: "T00:00:00Z" },
  hour: { ms: 60 * MINUTE_MS, length: 13, rest: ":00:00Z" },
};
const FIRST_MS = Date.parse("0000-01-01T00:00:00Z");
const END_MS = Date.parse("+010000-01-01T00:00:00Z");

/** How far into a UTC hour or day a bucket of the query begins, in milliseconds. */
function cutMsOf({ bucket, utcOffsetMinutes = 0 }: Pick<TimelineQuery, "bucket" | "utcOffsetMinutes">): number {
  const { ms } = STEPS[bucket];
  return (((-utcOffsetMinutes * MINUTE_MS) % ms) + ms) % ms;
}

/** The key of an instant. Years of more than four digits have none: the first or the last key stands for them. */
function keyOf(atMs: number): string {
  if (atMs >= END_MS) return LAST;
  return new Date(Math.max(atMs, FIRST_MS)).toISOString().slice(0, 19);
}

/** How the buckets of a query divide UTC hours or days. */
export function gridOf(query: Pick<TimelineQuery, "bucket" | "utcOffsetMinutes">): Grid {
  const { length } = STEPS[query.bucket];
  const cutMs = cutMsOf(query);
  return cutMs === 0 ? { length, cut: "", parts: 1 } : { length, cut: keyOf(FIRST_MS + cutMs).slice(length, 16), parts: 2 };
}

/** A tally without counts. */
export function createTally(query: Pick<TimelineQuery, "bucket" | "utcOffsetMinutes">): Tally {
  const { ms, rest } = STEPS[query.bucket];
  const cutMs = cutMsOf(query);
  const counts = new Map<number, number>();
  function addTo(startMs: number, count: number): void {
    if (count > 0) counts.set(startMs, (counts.get(startMs) ?? 0) + count);
  }
  return {
    add(prefix, { count, after }) {
      const wholeMs = Date.parse(prefix + rest);
      // A day that its month does not have would count as one of the next month.
      if (Number.isNaN(wholeMs) || !keyOf(wholeMs).startsWith(prefix)) return;
      addTo(wholeMs + cutMs, after);
      addTo(wholeMs + cutMs - ms, count - after);
    },
    counted: () =>
      [...counts].sort(([a], [b]) => a - b).map(([startMs, count]) => ({ low: keyOf(startMs), high: keyOf(startMs + ms), count })),
  };
}

/** Keys from `low` (inclusive) to `high` (exclusive). */
export interface KeyRange {
  readonly low: string;
  readonly high: string;
}

/** The keys within the times of a query. */
export function rangeOf({ since, until }: Pick<TimelineQuery, "since" | "until">): KeyRange {
  return { low: since === undefined ? "" : sortKey(since), high: until === undefined ? LAST : sortKey(until) };
}

/** The part of a bucket within a range; undefined if that is the whole bucket. */
export function partWithin(bucket: KeyRange, range: KeyRange): KeyRange | undefined {
  if (compareText(bucket.low, range.low) >= 0 && compareText(bucket.high, range.high) <= 0) return undefined;
  const low = compareText(bucket.low, range.low) < 0 ? range.low : bucket.low;
  const high = compareText(bucket.high, range.high) > 0 ? range.high : bucket.high;
  return { low, high: compareText(high, low) < 0 ? low : high };
}

/** A timeline of the newest buckets that have messages. */
export function toTimeline(counted: readonly Counted[], limit: number): Timeline {
  const data = counted.filter(({ count }) => count > 0).map(({ low, count }) => ({ start: `${low}Z`, count }));
  return { data: data.slice(-limit), truncated: data.length > limit };
}
