import { compareText, LAST, sortKey } from "../../../core/order.ts";
import type { Bucket, Timeline, TimelineQuery } from "../../../core/queries.ts";
import type { Prepare } from "./rows.ts";
import { matchesAmongCandidates, walkByTime, type MatchPosition } from "./scan.ts";
import type { SearchOptions } from "./search.ts";
import type { TimeCounts } from "./time-counts.ts";

interface Level {
  /** How much of a key names the bucket. */
  readonly length: number;
  /** What such a text looks like, to GLOB: adopted rows may hold what is no time. */
  readonly form: string;
  /** The same as a pattern of a whole text. */
  readonly pattern: RegExp;
  /** What makes a time of it. */
  readonly rest: string;
}

const DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
const LEVELS: Readonly<Record<Bucket, Level>> = {
  day: { length: 10, form: DAY, pattern: /^\d{4}-\d\d-\d\d$/, rest: "T00:00:00Z" },
  hour: { length: 13, form: `${DAY}T[0-9][0-9]`, pattern: /^\d{4}-\d\d-\d\dT\d\d$/, rest: ":00:00Z" },
};

export interface TimelineOptions extends SearchOptions {
  readonly timeCounts: TimeCounts;
}

/** Whether the counts do not answer a timeline: it may look at every row. */
export function isSearchedTimeline({ to, q }: TimelineQuery): boolean {
  return to !== undefined || q !== undefined;
}

/** Messages over time: those of all or of a sender from the counts of the index and the rows without one, others from what matches. */
export function createTimeline(prepare: Prepare, options: TimelineOptions): (query: TimelineQuery) => Timeline {
  const { snapshot, timeCounts } = options;
  return (query) => {
    const range = rangeOf(query);
    if (compareText(range.low, range.high) >= 0) return { data: [], truncated: false };
    if (isSearchedTimeline(query)) return countMatches(prepare, query, options);
    return snapshot(() => readCounts(prepare, query, { ...range, timeCounts }));
  };
}

/** Keys from `low` to before `high`. */
interface Range {
  readonly low: string;
  readonly high: string;
}

function rangeOf({ since, until }: TimelineQuery): Range {
  return { low: since === undefined ? "" : sortKey(since), high: until === undefined ? LAST : sortKey(until) };
}

interface CountsOptions extends Range {
  readonly timeCounts: TimeCounts;
}

function readCounts(prepare: Prepare, { bucket, from, limit }: TimelineQuery, { timeCounts, low, high }: CountsOptions): Timeline {
  const { length, form, rest } = LEVELS[bucket];
  const first = low.slice(0, length);
  const counts = new Map<string, number>();
  // One more tells whether any was left out; the first and the last may be cut down to nothing.
  const counted = prepare(`
    SELECT prefix, count FROM time_counts
    WHERE scope = ? AND level = ${length} AND prefix >= ? AND prefix < ? AND prefix GLOB '${form}' ORDER BY prefix DESC LIMIT ?`);
  for (const row of counted.iterate(from ?? "", first, high, limit + 3)) counts.set(String(row["prefix"]), Number(row["count"]));
  const recent = prepare(`
    SELECT substr(rtrim(ts, 'Z'), 1, ${length}) AS prefix FROM unindexed_messages
    WHERE rtrim(ts, 'Z') >= ? AND rtrim(ts, 'Z') < ? AND prefix GLOB '${form}' ${from === undefined ? "" : "AND from_msisdn = ?"}`);
  for (const row of recent.iterate(first, high, ...(from === undefined ? [] : [from]))) {
    const prefix = String(row["prefix"]);
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  const data = [...counts.keys()].sort().slice(-limit - 3).map((prefix) => {
    const end = prefix + LAST;
    const start = sortKey(prefix + rest);
    // Only the first and the last bucket may hold more than what is asked for.
    const isCut = compareText(start, low) < 0 || compareText(end, high) > 0;
    const lowest = compareText(start, low) < 0 ? low : start;
    const highest = compareText(end, high) > 0 ? high : end;
    const count = isCut ? timeCounts.countFrom(lowest, from) - timeCounts.countFrom(highest, from) : (counts.get(prefix) ?? 0);
    return { start: prefix + rest, count };
  });
  return cut(data.filter(({ count }) => count > 0), limit);
}

/** So few rows of a range are looked at sooner than candidates of all times. */
const FEW_ROWS = 20_000;

function countMatches(prepare: Prepare, query: TimelineQuery, options: TimelineOptions): Timeline {
  const { length, pattern, rest } = LEVELS[query.bucket];
  const { timeCounts } = options;
  const counts = new Map<string, number>();
  function take(matches: readonly MatchPosition[]): void {
    for (const { key } of matches) {
      const prefix = key.slice(0, length);
      if (pattern.test(prefix)) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  const found = options.snapshot(() => {
    const { low, high } = rangeOf(query);
    const inRange = (low === "" ? timeCounts.countAll() : timeCounts.countFrom(low)) - (high === LAST ? 0 : timeCounts.countFrom(high));
    return inRange <= FEW_ROWS ? undefined : matchesAmongCandidates(prepare, query, options.cancellation);
  });
  if (found === undefined) walkByTime(prepare, { ...query, order: "asc" }, { ...options, take });
  else take(found);
  const data = [...counts].map(([prefix, count]) => ({ start: prefix + rest, count }));
  return cut(data.sort((a, b) => compareText(a.start, b.start)), query.limit);
}

/** The newest of all buckets. */
function cut(data: Timeline["data"], limit: number): Timeline {
  return { data: data.slice(-limit), truncated: data.length > limit };
}
