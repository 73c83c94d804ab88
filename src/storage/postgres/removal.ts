import type { Erasure } from "../../core/store.ts";
import type { Statement } from "../../postgres/frontend.ts";
import { LOCK_FIRST } from "./batch.ts";
import { WATERMARK } from "./counts.ts";
import { indexedText } from "./indexed.ts";

/** Messages removed in one transaction; batches wait for it. */
export const REMOVED_AT_ONCE = 1000;

/** When the next messages after this `seq` were received. Takes no lock: usually none of them is old. */
export function readReceived(after: number): Statement {
  return { sql: `SELECT seq, created_at FROM messages WHERE seq > $1 ORDER BY seq LIMIT ${REMOVED_AT_ONCE}`, values: [String(after)] };
}

/** When the messages before this `seq` were received, the newest first. */
export function readReceivedBack(before: number): Statement {
  const sql = `SELECT seq, created_at FROM messages WHERE seq < $1 ORDER BY seq DESC LIMIT ${REMOVED_AT_ONCE}`;
  return { sql, values: [String(before)] };
}

/** Removes the messages with these numbers, at most `REMOVED_AT_ONCE`. */
export function removeRows(seqs: readonly number[]): readonly Statement[] {
  return remove("SELECT unnest($1::bigint[]) AS seq", `{${seqs.join()}}`);
}

/** Removes one message, or some messages of a sender. */
export function erase(which: Erasure): readonly Statement[] {
  return "from" in which
    ? remove(`SELECT seq FROM messages WHERE from_msisdn = $1 LIMIT ${REMOVED_AT_ONCE}`, indexedText(which.from))
    : remove("SELECT seq FROM messages WHERE message_id = $1", indexedText(which.messageId));
}

const GONE_TIMES = "SELECT l AS level, left(ts, l) AS prefix, count(*) AS n FROM counted, unnest(ARRAY[10, 13, 16]) l GROUP BY 1, 2";
const GONE_SENDERS = "SELECT from_msisdn, count(*) AS n FROM counted GROUP BY 1";

/**
 * Removes messages with what is derived from them; their ids are kept. Rows that are not counted yet are not subtracted from
 * the counts: the watermark does not move meanwhile. The last result has one row with the number of messages removed, or no row
 * if there were none.
 */
function remove(chosen: string, value: string): readonly Statement[] {
  return [
    ...LOCK_FIRST,
    // Locks in the same order as everywhere: the lock of the batches, then the watermark of the counts.
    { sql: `${WATERMARK} FOR UPDATE` },
    {
      sql: `WITH chosen AS MATERIALIZED (${chosen}),
        gone AS (DELETE FROM messages WHERE seq IN (SELECT seq FROM chosen) RETURNING seq, message_id, long_id, from_msisdn, ts),
        remembered AS (INSERT INTO removed_messages (message_id, long_id) SELECT message_id, long_id FROM gone ON CONFLICT DO NOTHING),
        counted AS MATERIALIZED (SELECT from_msisdn, ts FROM gone WHERE seq <= (${WATERMARK})),
        times AS MATERIALIZED (${GONE_TIMES}), senders AS MATERIALIZED (${GONE_SENDERS}),
        fewer_times AS (UPDATE time_counts c SET count = count - n FROM times g
          WHERE c.level = g.level AND c.prefix = g.prefix AND c.count > n),
        no_times AS (DELETE FROM time_counts c USING times g WHERE c.level = g.level AND c.prefix = g.prefix AND c.count <= n),
        fewer_senders AS (UPDATE sender_counts c SET count = count - n FROM senders g WHERE c.from_msisdn = g.from_msisdn AND c.count > n),
        no_senders AS (DELETE FROM sender_counts c USING senders g WHERE c.from_msisdn = g.from_msisdn AND c.count <= n)
        UPDATE inbox_state SET removed_seq = greatest(removed_seq, (SELECT max(seq) FROM gone))
        WHERE id = 1 AND EXISTS (SELECT FROM gone) RETURNING (SELECT count(*) FROM gone)`,
      values: [value],
    },
  ];
}
