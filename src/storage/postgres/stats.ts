import type { Bucket, Stats, Timeline, TimelineQuery } from "../../core/queries.ts";
import { COUNT_ALL, countFrom, TAIL } from "./counts.ts";
import type { Read } from "./read.ts";
import { createParameters, LAST, numberAt, textAt, toKey } from "./rows.ts";
import { unescapeText } from "./text.ts";

const SENDERS = `senders AS (
  SELECT from_msisdn, coalesce(s.count, 0) + coalesce(t.count, 0) AS count
  FROM sender_counts AS s FULL JOIN (SELECT from_msisdn, count(*) FROM tail GROUP BY 1) AS t USING (from_msisdn))`;

/** Totals from the derived counts and the rows that are not counted yet. */
export async function readStats(read: Read): Promise<Stats> {
  const [totals, ranked = [], first, last] = await read([
    { sql: `WITH ${TAIL}, ${SENDERS} SELECT ${COUNT_ALL}, (SELECT count(*) FROM senders)` },
    { sql: `WITH ${TAIL}, ${SENDERS} SELECT from_msisdn, count FROM senders ORDER BY count DESC, from_msisdn LIMIT 10` },
    { sql: "SELECT ts FROM messages ORDER BY ts, message_id LIMIT 1" },
    { sql: "SELECT ts FROM messages ORDER BY ts DESC, message_id DESC LIMIT 1" },
  ]);
  const edge = (rows: typeof first): string | null => (rows?.[0] === undefined ? null : `${textAt(rows[0], 0)}Z`);
  return {
    total_messages: numberAt(totals?.[0], 0),
    senders_count: numberAt(totals?.[0], 1),
    messages_per_sender: ranked.map((row) => ({ from: unescapeText(textAt(row, 0)), count: numberAt(row, 1) })),
    first_message_ts: edge(first),
    last_message_ts: edge(last),
  };
}

/** How much of a `ts` names the bucket, and what makes a timestamp of that. */
const LEVELS: Readonly<Record<Bucket, { readonly length: number; readonly rest: string }>> = {
  day: { length: 10, rest: "T00:00:00Z" },
  hour: { length: 13, rest: ":00:00Z" },
};

/** Messages over time, from the derived counts and the rows that are not counted yet. */
export async function readTimeline(read: Read, { bucket, since, until, limit }: TimelineQuery): Promise<Timeline> {
  const { length, rest } = LEVELS[bucket];
  const low = since === undefined ? "" : toKey(since);
  const high = until === undefined ? LAST : toKey(until);
  if (low >= high) return { data: [], truncated: false };
  const parameters = createParameters();
  const [first, lowest, highest] = [low.slice(0, length), low, high].map((value) => parameters.add(value));
  // One more tells whether any was left out; the first and the last may be cut down to nothing.
  const [buckets = []] = await read([{
    sql: `WITH ${TAIL}, b AS (
        SELECT prefix, count FROM time_counts WHERE level = ${length} AND prefix >= ${first} AND prefix < ${highest}
        UNION ALL SELECT left(ts, ${length}), count(*) FROM tail WHERE ts >= ${lowest} AND ts < ${highest} GROUP BY 1)
      SELECT prefix, sum(count) FROM b GROUP BY 1 ORDER BY 1 DESC LIMIT ${limit + 3}`,
    values: parameters.values,
  }]);
  const data: { start: string; count: number }[] = [];
  for (const row of buckets.toReversed()) {
    const prefix = textAt(row, 0);
    const start = toKey(prefix + rest);
    const end = prefix + LAST;
    // Only the first and the last bucket may hold more than what is asked for.
    const isWhole = start >= low && end <= high;
    const count = isWhole ? numberAt(row, 1) : await countBetween(read, start < low ? low : start, end > high ? high : end);
    if (count > 0) data.push({ start: prefix + rest, count });
  }
  return { data: data.slice(-limit), truncated: data.length > limit };
}

async function countBetween(read: Read, low: string, high: string): Promise<number> {
  const parameters = createParameters();
  const sql = `WITH ${TAIL} SELECT ${countFrom(low, parameters)} - ${countFrom(high, parameters)}`;
  const [rows] = await read([{ sql, values: parameters.values }]);
  return numberAt(rows?.[0], 0);
}
