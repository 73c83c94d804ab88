import { LAST, sortKey } from "../../core/order.ts";
import type { Bucket, Stats, Timeline, TimelineQuery } from "../../core/queries.ts";
import { conditionsOf, contains, where } from "./conditions.ts";
import { COUNT_ALL, countFrom, TAIL } from "./counts.ts";
import type { Fold } from "./fold.ts";
import type { Read } from "./read.ts";
import { createParameters, numberAt, textAt } from "./rows.ts";
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

/** Messages over time of those that filters admit, counted as they are found. */
export async function readMatchingTimeline(read: Read, query: TimelineQuery, fold: Fold): Promise<Timeline> {
  const { bucket, limit, q } = query;
  const { length, rest } = LEVELS[bucket];
  const parameters = createParameters();
  const conditions = [...conditionsOf(query, parameters), ...(q === undefined ? [] : [contains(q, fold, parameters)])];
  const [rows = []] = await read([{
    sql: `SELECT left(ts, ${length}), count(*) FROM messages ${where(conditions)} GROUP BY 1 ORDER BY 1 DESC LIMIT ${limit + 1}`,
    values: parameters.values,
  }]);
  const data = rows.slice(0, limit).toReversed().map((row) => ({ start: textAt(row, 0) + rest, count: numberAt(row, 1) }));
  return { data, truncated: rows.length > limit };
}

/** Messages over time, from the derived counts and the rows that are not counted yet; those of a sender as they are found. */
export async function readTimeline(read: Read, query: TimelineQuery, fold: Fold): Promise<Timeline> {
  if (query.from !== undefined) return readMatchingTimeline(read, query, fold);
  const { bucket, since, until, limit } = query;
  const { length, rest } = LEVELS[bucket];
  const low = since === undefined ? "" : sortKey(since);
  const high = until === undefined ? LAST : sortKey(until);
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
    const start = sortKey(prefix + rest);
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
