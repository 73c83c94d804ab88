import type { Statement } from "../../postgres/frontend.ts";
import { LOCK_FIRST } from "./batch.ts";

/** Messages removed in one transaction: batches wait for it. */
export const REMOVED_AT_ONCE = 1000;

const GONE_TIMES = "SELECT l AS level, left(ts, l) AS prefix, count(*) AS n FROM gone, unnest(ARRAY[10, 13, 16]) l GROUP BY 1, 2";
const GONE_SENDERS = "SELECT from_msisdn, count(*) AS n FROM gone GROUP BY 1";

/**
 * Removes those of the oldest messages that were received before `before` (a `created_at`), with what is derived from them; their
 * ids are kept. Only rows that are counted already are removed. The last result has one row, if any was removed: their number.
 */
export function removeBefore(before: string): readonly Statement[] {
  return [
    ...LOCK_FIRST,
    // In the same order as everywhere: the lock of the batches, then the mark of the counts.
    { sql: "SELECT count_mark FROM inbox_state WHERE id = 1 FOR UPDATE" },
    {
      sql: `WITH oldest AS MATERIALIZED (
          SELECT seq FROM messages WHERE seq <= (SELECT count_mark FROM inbox_state WHERE id = 1) ORDER BY seq LIMIT ${REMOVED_AT_ONCE}),
        gone AS (DELETE FROM messages WHERE seq IN (SELECT seq FROM oldest) AND created_at < $1
          RETURNING seq, message_id, from_msisdn, ts),
        remembered AS (INSERT INTO removed_messages SELECT message_id FROM gone ON CONFLICT DO NOTHING),
        times AS MATERIALIZED (${GONE_TIMES}), senders AS MATERIALIZED (${GONE_SENDERS}),
        fewer_times AS (UPDATE time_counts c SET count = count - n FROM times g
          WHERE c.level = g.level AND c.prefix = g.prefix AND c.count > n),
        no_times AS (DELETE FROM time_counts c USING times g WHERE c.level = g.level AND c.prefix = g.prefix AND c.count <= n),
        fewer_senders AS (UPDATE sender_counts c SET count = count - n FROM senders g WHERE c.from_msisdn = g.from_msisdn AND c.count > n),
        no_senders AS (DELETE FROM sender_counts c USING senders g WHERE c.from_msisdn = g.from_msisdn AND c.count <= n)
        UPDATE inbox_state SET removed_seq = greatest(removed_seq, (SELECT max(seq) FROM gone))
        WHERE id = 1 AND EXISTS (SELECT FROM gone) RETURNING (SELECT count(*) FROM gone)`,
      values: [before],
    },
  ];
}
