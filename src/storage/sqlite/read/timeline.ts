import { compareText, LAST, sortKey } from "../../../core/order.ts";
import type { Bucket, Timeline, TimelineQuery } from "../../../core/queries.ts";
import type { Prepare } from "./rows.ts";
import type { TimeCounts } from "./time-counts.ts";

interface Level {
  /** How much of a key names the bucket. */
  readonly length: number;
  /** What such a text looks like, to GLOB: adopted rows may hold what is no time. */
  readonly form: string;
  /** What makes a time of it. */
  readonly rest: string;
}

const DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
const LEVELS: Readonly<Record<Bucket, Level>> = {
  day: { length: 10, form: DAY, rest: "T00:00:00Z" },
  hour: { length: 13, form: `${DAY}T[0-9][0-9]`, rest: ":00:00Z" },
};

/** Messages over time, from the counts of the index and the rows that it does not cover; needs a snapshot. */
export function createTimeline(prepare: Prepare, timeCounts: TimeCounts): (query: TimelineQuery) => Timeline {
  return ({ bucket, since, until, limit }) => {
    const { length, form, rest } = LEVELS[bucket];
    const low = since === undefined ? "" : sortKey(since);
    const high = until === undefined ? LAST : sortKey(until);
    if (compareText(low, high) >= 0) return { data: [], truncated: false };
    const first = low.slice(0, length);
    const counts = new Map<string, number>();
    // One more tells whether any was left out; the first and the last may be cut down to nothing.
    const counted = prepare(`
      SELECT prefix, count FROM time_counts
      WHERE scope = '' AND level = ${length} AND prefix >= ? AND prefix < ? AND prefix GLOB '${form}' ORDER BY prefix DESC LIMIT ?`);
    for (const row of counted.iterate(first, high, limit + 3)) counts.set(String(row["prefix"]), Number(row["count"]));
    const recent = prepare(`
      SELECT substr(rtrim(ts, 'Z'), 1, ${length}) AS prefix FROM unindexed_messages
      WHERE rtrim(ts, 'Z') >= ? AND rtrim(ts, 'Z') < ? AND prefix GLOB '${form}'`);
    for (const row of recent.iterate(first, high)) {
      const prefix = String(row["prefix"]);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
    const data = [...counts.keys()].sort().slice(-limit - 3).map((prefix) => {
      const end = prefix + LAST;
      const start = sortKey(prefix + rest);
      // Only the first and the last bucket may hold more than what is asked for.
      const isCut = compareText(start, low) < 0 || compareText(end, high) > 0;
      const from = compareText(start, low) < 0 ? low : start;
      const to = compareText(end, high) > 0 ? high : end;
      return { start: prefix + rest, count: isCut ? timeCounts.countFrom(from) - timeCounts.countFrom(to) : (counts.get(prefix) ?? 0) };
    });
    const found = data.filter(({ count }) => count > 0);
    return { data: found.slice(-limit), truncated: found.length > limit };
  };
}
