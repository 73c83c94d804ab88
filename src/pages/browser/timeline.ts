import type { Bucket, Timeline } from "../../core/queries.ts";
import type { Filters } from "./filters.ts";
import type { Zone } from "./zone.ts";

/** What `GET /stats/timeline` answers. */
export interface TimelineAnswer extends Timeline {
  readonly bucket: Bucket;
}

/** What a chart shows: stretches of time without gaps. */
export interface ChartRange {
  /** What the bars are. */
  readonly bucket: Bucket;
  /** What the service counts: hours can be put together to days of a zone. */
  readonly counted: Bucket;
  /** The days are those of UTC although the zone is another one: the service counts no parts of an hour. */
  readonly isForcedToUtc: boolean;
  /** The start of each bar. */
  readonly starts: readonly number[];
  readonly endMs: number;
  /** It ends now, and not at a time that the reader has chosen. */
  readonly isUntilNow: boolean;
}

export interface Bar {
  readonly startMs: number;
  readonly endMs: number;
  readonly count: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const BUCKET_MS: Readonly<Record<Bucket, number>> = { hour: HOUR_MS, day: DAY_MS };

/** How many bars a chart has: two days, two months; and the most if the reader has chosen its start: a week, a year. */
const BARS: Readonly<Record<Bucket, number>> = { hour: 48, day: 60 };
const MOST_BARS: Readonly<Record<Bucket, number>> = { hour: 168, day: 366 };

export interface RangeOptions {
  readonly bucket: Bucket;
  readonly filters: Pick<Filters, "since" | "until">;
  readonly zone: Zone;
  readonly nowMs: number;
}

/** A chart ends now, or where the filter does: a message that is dated ahead does not spoil it. */
export function chartRange({ bucket, filters, zone, nowMs }: RangeOptions): ChartRange {
  const sinceMs = Date.parse(filters.since);
  const untilMs = Date.parse(filters.until);
  const stepMs = BUCKET_MS[bucket];
  // A filter for the future alone shows the future.
  const lastMs = sinceMs >= nowMs ? sinceMs + BARS[bucket] * stepMs : nowMs;
  const isUntilNow = lastMs === nowMs && !(untilMs <= nowMs);
  const toMs = untilMs < lastMs ? untilMs : lastMs;
  const firstOf = (bars: number): number => toMs - 1 - (bars - 1) * stepMs;
  const fromMs = Number.isNaN(sinceMs) ? firstOf(BARS[bucket]) : Math.max(sinceMs, firstOf(MOST_BARS[bucket]));
  const offsets = [fromMs, toMs].map(zone.offsetMinutes);
  const isForcedToUtc = bucket === "day" && offsets.some((minutes) => minutes % 60 !== 0);
  const isOfUtc = bucket === "hour" || isForcedToUtc || offsets.every((minutes) => minutes === 0);
  const startOf = (atMs: number, bars: number): number => (isOfUtc ? (Math.floor(atMs / stepMs) + bars) * stepMs : dayOf(atMs, bars));
  const starts: number[] = [];
  while ((starts.at(-1) ?? Number.NEGATIVE_INFINITY) < toMs) starts.push(startOf(fromMs, starts.length));
  // The last one is where the last bar ends.
  const endMs = starts.pop() ?? toMs;
  return { bucket, counted: isOfUtc ? bucket : "hour", isForcedToUtc, starts, endMs, isUntilNow };
}

/** The start of a day in the reader's time zone, the given number of days later: some days have 23 hours, some 25. */
function dayOf(atMs: number, later: number): number {
  const at = new Date(atMs);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + later).getTime();
}

/** The parameters with which the service counts it. */
export function toTimelineQuery(range: ChartRange, filters: Filters): URLSearchParams {
  const { counted, starts, endMs } = range;
  const startMs = starts[0] ?? endMs;
  const isLater = Date.parse(filters.since) > startMs;
  const isEarlier = Date.parse(filters.until) < endMs;
  return new URLSearchParams({
    bucket: counted,
    since: isLater ? filters.since : toInstant(startMs),
    until: isEarlier ? filters.until : toInstant(endMs),
    limit: String(Math.ceil((endMs - startMs) / BUCKET_MS[counted]) + 1),
    ...(filters.from !== "" && { from: filters.from }),
    ...(filters.to !== "" && { to: filters.to }),
    ...(filters.q !== "" && { q: filters.q }),
  });
}

/** An instant as the service takes it. */
export function toInstant(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** All bars of the range, empty ones too. */
export function toBars({ starts, endMs }: ChartRange, timeline: Pick<Timeline, "data">): readonly Bar[] {
  const counts = new Array<number>(starts.length).fill(0);
  let bar = 0;
  for (const { start, count } of timeline.data) {
    const atMs = Date.parse(start);
    while (bar + 1 < starts.length && (starts[bar + 1] ?? endMs) <= atMs) bar += 1;
    counts[bar] = (counts[bar] ?? 0) + count;
  }
  return starts.map((startMs, index) => ({ startMs, endMs: starts[index + 1] ?? endMs, count: counts[index] ?? 0 }));
}
