import type { Stats } from "../../core/queries.ts";
import { COUNT_ALL, UNCOUNTED } from "./counts.ts";
import type { Read } from "./read.ts";
import { numberAt, textAt } from "./rows.ts";
import { unescapeText } from "./text.ts";

const SENDERS = `senders AS (
  SELECT from_msisdn, coalesce(s.count, 0) + coalesce(t.count, 0) AS count
  FROM sender_counts AS s FULL JOIN (SELECT from_msisdn, count(*) FROM uncounted GROUP BY 1) AS t USING (from_msisdn))`;

/** Totals from the derived counts and the uncounted rows. */
export async function readStats(read: Read): Promise<Stats> {
  const [totals, ranked = [], first, last] = await read([
    { sql: `WITH ${UNCOUNTED}, ${SENDERS} SELECT ${COUNT_ALL}, (SELECT count(*) FROM senders)` },
    {
      sql: `WITH ${UNCOUNTED}, ${SENDERS},
          ranked AS MATERIALIZED (SELECT from_msisdn, count FROM senders ORDER BY count DESC, from_msisdn LIMIT 10)
        SELECT coalesce((SELECT long_from FROM messages AS m WHERE m.from_msisdn = r.from_msisdn LIMIT 1), from_msisdn), count
        FROM ranked AS r ORDER BY count DESC, from_msisdn`,
    },
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
