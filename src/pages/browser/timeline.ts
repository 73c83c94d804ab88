import type { Bucket, Timeline } from "../../core/queries.ts";
import type { Filters } from "./filters.ts";
import type { Zone } from "./zone.ts";

/** The range of a chart: periods without gaps. */
export interface ChartRange {
  readonly bucket: Bucket;
  /** The start of each bar. */
  readonly starts: readonly number[];
  readonly endMs: number;
  /** The whole range, cut where the zone's offset changes: the service counts with one offset from UTC. */
  readonly parts: readonly OffsetRange[];
  /** Whether it ends now, and not at a time that the reader chose. */
  readonly isUntilNow: boolean;
}

/** A part of the range in which the zone's offset stays the same. */
export interface OffsetRange {
  readonly startMs: number;
  readonly endMs: number;
  /** The zone's offset at the start of each of its bars. */
  readonly offsetMinutes: number;
}

/** How many messages an hour or a day has. */
export interface BucketCount {
  readonly startMs: number;
  readonly count: number;
}

export interface Bar {
  readonly startMs: number;
  readonly endMs: number;
  readonly count: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BUCKET_MS: Readonly<Record<Bucket, number>> = { hour: HOUR_MS, day: DAY_MS };

/** The number of bars of a chart: two days, or two months. */
const BARS: Readonly<Record<Bucket, number>> = { hour: 48, day: 60 };
/** The maximum number of bars if the reader chose the start: a week, or a year. */
const MAX_BARS: Readonly<Record<Bucket, number>> = { hour: 168, day: 366 };

export interface RangeOptions {
  readonly bucket: Bucket;
  readonly filters: Pick<Filters, "since" | "until">;
  readonly zone: Zone;
  readonly nowMs: number;
}

/** The range ends now, or where the filter ends, so that a message dated in the future does not distort the chart. */
export function chartRange({ bucket, filters, zone, nowMs }: RangeOptions): ChartRange {
  const sinceMs = Date.parse(filters.since);
  const untilMs = Date.parse(filters.until);
  const stepMs = BUCKET_MS[bucket];
  // If the filter begins in the future, so does the range.
  const lastMs = sinceMs >= nowMs ? sinceMs + BARS[bucket] * stepMs : nowMs;
  const isUntilNow = lastMs === nowMs && !(untilMs <= nowMs);
  const toMs = untilMs < lastMs ? untilMs : lastMs;
  const firstOf = (bars: number): number => toMs - 1 - (bars - 1) * stepMs;
  const fromMs = Number.isNaN(sinceMs) ? firstOf(BARS[bucket]) : Math.max(sinceMs, firstOf(MAX_BARS[bucket]));
  const startOf = bucket === "day" ? zone.startOfDay : hoursOf(zone.offsetMinutes(toMs));
  const starts: number[] = [];
  while ((starts.at(-1) ?? Number.NEGATIVE_INFINITY) < toMs) starts.push(startOf(fromMs, starts.length));
  // The last one is the end of the last bar.
  const endMs = starts.pop() ?? toMs;
  const offsetOf = bucket === "day" ? zone.offsetMinutes : () => zone.offsetMinutes(toMs);
  return { bucket, starts, endMs, isUntilNow, parts: partsOf(starts, endMs, offsetOf) };
}

/** Creates a function that returns the start of the hour of an instant, or of an hour this many hours later, at this offset. */
function hoursOf(offsetMinutes: number): (atMs: number, later: number) => number {
  const aheadMs = offsetMinutes * MINUTE_MS;
  return (atMs, later) => (Math.floor((atMs + aheadMs) / HOUR_MS) + later) * HOUR_MS - aheadMs;
}

function partsOf(starts: readonly number[], endMs: number, offsetOf: (atMs: number) => number): readonly OffsetRange[] {
  const changes = starts.filter((startMs, index) => index === 0 || offsetOf(startMs) !== offsetOf(starts[index - 1] ?? startMs));
  return changes.map((startMs, index) => ({ startMs, endMs: changes[index + 1] ?? endMs, offsetMinutes: offsetOf(startMs) }));
}

/** The parameters with which the service counts a part of the range. */
export function toTimelineQuery({ bucket }: Pick<ChartRange, "bucket">, part: OffsetRange, filters: Filters): URLSearchParams {
  const { startMs, endMs, offsetMinutes } = part;
  const isLater = Date.parse(filters.since) > startMs;
  const isEarlier = Date.parse(filters.until) < endMs;
  return new URLSearchParams({
    bucket,
    ...(offsetMinutes !== 0 && { utc_offset: formatOffset(offsetMinutes) }),
    since: isLater ? filters.since : toInstant(startMs),
    until: isEarlier ? filters.until : toInstant(endMs),
    limit: String(Math.ceil((endMs - startMs) / BUCKET_MS[bucket]) + 1),
    ...(filters.from !== "" && { from: filters.from }),
    ...(filters.to !== "" && { to: filters.to }),
    ...(filters.q !== "" && { q: filters.q }),
  });
}

/** Such as `+05:30`. */
function formatOffset(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) => String(part).padStart(2, "0"));
  return `${minutes < 0 ? "-" : "+"}${hours}:${rest}`;
}

/** The counts of one part of the range. */
export function toCounts({ data }: Pick<Timeline, "data">, { startMs }: OffsetRange): readonly BucketCount[] {
  // The day on which the offset changes begins by the earlier offset: with the new one it would begin an hour too early or
  // late.
  return data.map(({ start, count }) => ({ startMs: Math.max(Date.parse(start), startMs), count }));
}

/** An instant in the form that the service accepts. */
export function toInstant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** All bars of the range, including empty ones. */
export function toBars({ starts, endMs }: Pick<ChartRange, "starts" | "endMs">, counts: readonly BucketCount[]): readonly Bar[] {
  const sums = new Array<number>(starts.length).fill(0);
  for (const { startMs, count } of counts) {
    // Counts before the first bar are left out: the chart has moved since they were loaded.
    const bar = starts.findLastIndex((start) => start <= startMs);
    if (bar !== -1) sums[bar] = (sums[bar] ?? 0) + count;
  }
  return starts.map((startMs, index) => ({ startMs, endMs: starts[index + 1] ?? endMs, count: sums[index] ?? 0 }));
}
