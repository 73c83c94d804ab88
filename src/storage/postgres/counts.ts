import type { Connection } from "../../postgres/connection.ts";
import type { Statement } from "../../postgres/frontend.ts";
import { numberAt, type Parameters } from "./rows.ts";

/** Rows counted in one transaction. */
export const ROWS_AT_ONCE = 8192;

/**
 * The rows that are not counted yet. The derived counts plus these rows, read in one statement or snapshot, are exact at any moment:
 * rows become visible in the order of `seq`, so no row before the watermark appears later.
 */
export const UNCOUNTED = `uncounted AS MATERIALIZED (
  SELECT from_msisdn, ts FROM messages WHERE seq > (SELECT count_mark FROM inbox_state WHERE id = 1))`;

/** SQL: messages are counted up to this `seq`. */
export const WATERMARK = "SELECT count_mark FROM inbox_state WHERE id = 1";
const LOCK_WATERMARK = `${WATERMARK} FOR UPDATE SKIP LOCKED`;

const DERIVE = `
  WITH s AS MATERIALIZED (
    SELECT seq, from_msisdn, ts FROM messages WHERE seq > (${WATERMARK}) ORDER BY seq LIMIT ${ROWS_AT_ONCE}),
  t AS (INSERT INTO time_counts AS c SELECT l, left(ts, l), count(*) FROM s, unnest(ARRAY[10, 13, 16]) l GROUP BY 1, 2
    ON CONFLICT (level, prefix) DO UPDATE SET count = c.count + excluded.count),
  f AS (INSERT INTO sender_counts AS c SELECT from_msisdn, count(*) FROM s GROUP BY 1
    ON CONFLICT (from_msisdn) DO UPDATE SET count = c.count + excluded.count)
  UPDATE inbox_state SET count_mark = (SELECT max(seq) FROM s) WHERE id = 1 AND EXISTS (SELECT FROM s)
  RETURNING (SELECT count(*) FROM s)`;

/** Counts up to `ROWS_AT_ONCE` rows, unless another receiver is doing so. Returns whether more rows may wait. */
export async function deriveCounts(connection: Connection, deadlineMs: number): Promise<boolean> {
  const taken = await connection.run([{ sql: "BEGIN" }, { sql: LOCK_WATERMARK }], { deadlineMs });
  const isOurs = taken.results[1]?.rows.length === 1;
  const { results } = await connection.run([...(isOurs ? [{ sql: DERIVE }] : []), { sql: "COMMIT" }], { deadlineMs });
  return isOurs && numberAt(results[0]?.rows[0], 0) === ROWS_AT_ONCE;
}

/** SQL: how many messages there are. Needs `UNCOUNTED`. */
export const COUNT_ALL = "((SELECT coalesce(sum(count), 0) FROM time_counts WHERE level = 10) + (SELECT count(*) FROM uncounted))";

/** SQL: how many messages have this `ts` or a later one; walks the messages of one minute only. Needs `UNCOUNTED`. */
export function countFrom(key: string, parameters: Parameters): string {
  const parameter = parameters.add(key);
  const part = (length: number): string => `left(${parameter}::text, ${length})`;
  const later = (level: number, end: string): string =>
    `(SELECT coalesce(sum(count), 0) FROM time_counts WHERE level = ${level} AND prefix > ${part(level)} AND prefix < ${end})`;
  return `(${later(10, "'~'")} + ${later(13, `${part(10)} || '~'`)} + ${later(16, `${part(13)} || '~'`)}
    + (SELECT count(*) FROM messages WHERE ts >= ${parameter} AND ts < ${part(16)} || '~' AND seq <= (${WATERMARK}))
    + (SELECT count(*) FROM uncounted WHERE ts >= ${parameter}))`;
}

/**
 * A minute that begins at or shortly before the message at this index in time order (counted from 0), and how many messages come
 * before that minute. No row if no message has been counted yet.
 */
export function seekMinute(position: number): Statement {
  const step = (level: number, up: string): string =>
    `SELECT prefix, before FROM (
      SELECT prefix, count, (SELECT before FROM ${up}) + sum(count) OVER (ORDER BY prefix) - count AS before FROM time_counts
      WHERE level = ${level} AND prefix >= (SELECT prefix FROM ${up}) AND prefix < (SELECT prefix FROM ${up}) || '~'
    ) b WHERE before + count > (SELECT at FROM target) ORDER BY prefix LIMIT 1`;
  return {
    // Every row that is not counted yet may lie before that message.
    sql: `WITH ${UNCOUNTED}, target AS MATERIALIZED (SELECT greatest(0, ${position} - (SELECT count(*) FROM uncounted)) AS at),
      everything (prefix, before) AS (VALUES ('', 0)), d AS MATERIALIZED (${step(10, "everything")}),
      h AS MATERIALIZED (${step(13, "d")}), m AS MATERIALIZED (${step(16, "h")})
      SELECT prefix, before + (SELECT count(*) FROM uncounted WHERE ts < prefix) FROM m`,
  };
}
