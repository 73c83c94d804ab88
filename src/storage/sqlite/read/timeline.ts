import type { SQLOutputValue } from "node:sqlite";
import { compareText, LAST } from "../../../core/order.ts";
import type { Timeline, TimelineQuery } from "../../../core/queries.ts";
import { createTally, gridOf, partWithin, rangeOf, toTimeline, type Grid, type KeyRange, type Split } from "../../shared/buckets.ts";
import type { Prepare } from "./rows.ts";
import { matchesAmongCandidates, walkByTime, type MatchPosition } from "./scan.ts";
import type { SearchOptions } from "./search.ts";
import type { TimeCounts } from "./time-counts.ts";

/** The form of a time prefix, as a GLOB pattern: adopted rows may hold texts that are not times. */
const FORMS: Readonly<Record<TimelineQuery["bucket"], string>> = {
  day: "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]",
  hour: "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]",
};

export interface TimelineOptions extends SearchOptions {
  readonly timeCounts: TimeCounts;
}

/** Whether the counts cannot answer a timeline, so that it may look at every row. */
export function isSearchedTimeline({ to, q }: TimelineQuery): boolean {
  return to !== undefined || q !== undefined;
}

/**
 * A timeline of all messages or of one sender is computed from the index's counts and the unindexed rows; for any other, the
 * matching messages are counted.
 */
export function createTimeline(prepare: Prepare, options: TimelineOptions): (query: TimelineQuery) => Timeline {
  const { snapshot, timeCounts } = options;
  return (query) => {
    const range = rangeOf(query);
    if (compareText(range.low, range.high) >= 0) return { data: [], truncated: false };
    if (isSearchedTimeline(query)) return countMatches(prepare, query, options);
    return snapshot(() => readCounts(prepare, query, { ...range, timeCounts }));
  };
}

interface CountsOptions extends KeyRange {
  readonly timeCounts: TimeCounts;
}

/** SQL: how many of the rows counted in `c` have keys from the cut on. ?5 is the cut, ?6 its hour. */
function countAfterCut({ cut }: Grid, from: string | undefined): string {
  if (cut === "") return "c.count";
  const counted = (level: number, low: string, high: string): string =>
    `(SELECT coalesce(sum(l.count), 0) FROM time_counts AS l
      WHERE l.scope = ?1 AND l.level = ${level} AND l.prefix ${low} AND l.prefix < ${high})`;
  const end = `'${LAST}'`;
  // A sender's messages have no counts of minutes: those of the hour that is cut are counted one by one.
  const minutes = from === undefined ? counted(16, ">= c.prefix || ?5", `c.prefix || ?6 || ${end}`)
    : `(SELECT count(*) FROM sender_messages AS l
        WHERE l.from_msisdn = ?1 AND l.key >= c.prefix || ?5 AND l.key < c.prefix || ?6 || ${end})`;
  return `${counted(13, "> c.prefix || ?6", `c.prefix || ${end}`)} + ${minutes}`;
}

function readCounts(prepare: Prepare, query: TimelineQuery, { timeCounts, low, high }: CountsOptions): Timeline {
  const { bucket, from, limit } = query;
  const grid = gridOf(query);
  const { length, cut, parts } = grid;
  const first = low.slice(0, length);
  const tally = createTally(query);
  function take(rows: Iterable<Readonly<Record<string, SQLOutputValue>>>): void {
    for (const { prefix, count, after } of rows) tally.add(String(prefix), { count: Number(count), after: Number(after) });
  }
  // One bucket more than the limit shows whether any is left out. Two more, because the first and the last may turn out to be empty.
  const most = (limit + 3) * parts;
  const counted = prepare(`
    SELECT prefix, count, ${countAfterCut(grid, from)} AS after FROM time_counts AS c
    WHERE scope = ?1 AND level = ${length} AND prefix >= ?2 AND prefix < ?3 AND prefix GLOB '${FORMS[bucket]}'
    ORDER BY prefix DESC LIMIT ?4`);
  take(counted.iterate(from ?? "", first, high, most, ...(cut === "" ? [] : [cut, cut.slice(0, -3)])));
  const recent = prepare(`
    SELECT prefix, count(*) AS count, sum(substr(key, ${length + 1}) >= ?3) AS after FROM (
      SELECT rtrim(ts, 'Z') AS key, substr(rtrim(ts, 'Z'), 1, ${length}) AS prefix FROM unindexed_messages
      WHERE rtrim(ts, 'Z') >= ?1 AND rtrim(ts, 'Z') < ?2 ${from === undefined ? "" : "AND from_msisdn = ?4"})
    WHERE prefix GLOB '${FORMS[bucket]}' GROUP BY prefix`);
  take(recent.iterate(first, high, cut, ...(from === undefined ? [] : [from])));
  const buckets = tally.counted().slice(-limit - 3).map((one) => {
    // Only the first and the last bucket may extend beyond the query's range.
    const part = partWithin(one, { low, high });
    return part === undefined ? one : { ...one, count: timeCounts.countFrom(part.low, from) - timeCounts.countFrom(part.high, from) };
  });
  return toTimeline(buckets, limit);
}

/** If the range has no more rows than this, examining them is faster than examining candidates of all times. */
const FEW_ROWS = 20_000;

function countMatches(prepare: Prepare, query: TimelineQuery, options: TimelineOptions): Timeline {
  const { length, cut } = gridOf(query);
  const { timeCounts } = options;
  const split = new Map<string, Split>();
  function take(matches: readonly MatchPosition[]): void {
    for (const { key } of matches) {
      const prefix = key.slice(0, length);
      const { count, after } = split.get(prefix) ?? { count: 0, after: 0 };
      split.set(prefix, { count: count + 1, after: after + (key.slice(length) >= cut ? 1 : 0) });
    }
  }
  const found = options.snapshot(() => {
    const { low, high } = rangeOf(query);
    const inRange = (low === "" ? timeCounts.countAll() : timeCounts.countFrom(low)) - (high === LAST ? 0 : timeCounts.countFrom(high));
    return inRange <= FEW_ROWS ? undefined : matchesAmongCandidates(prepare, query, options.cancellation);
  });
  if (found === undefined) walkByTime(prepare, { ...query, order: "asc" }, { ...options, take });
  else take(found);
  const tally = createTally(query);
  for (const [prefix, messages] of split) tally.add(prefix, messages);
  return toTimeline(tally.counted(), query.limit);
}
