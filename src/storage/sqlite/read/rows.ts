import type { SQLOutputValue, StatementSync } from "node:sqlite";
import type { StoredMessage } from "../../../core/message.ts";

/** Gives the prepared statement of a text, the same one each time. */
export type Prepare = (sql: string) => StatementSync;

export const MESSAGE_COLUMNS = "message_id, from_msisdn, to_msisdn, ts, text, created_at";

/**
 * The rows behind a mark; behind `sender_mark` those that the round under way has not reached, see `migrations.ts`.
 * NOT INDEXED: they are few, an index in another order would be walked whole.
 */
export function tailBehind(mark: "search_mark" | "count_mark" | "sender_mark"): string {
  const behind = `messages NOT INDEXED WHERE seq > (SELECT ${mark} FROM index_state)`;
  return mark === "sender_mark" ? `${behind} AND NOT ${WITHIN_ROUND}` : behind;
}

/** The `seq` of the newest message, also where it has been removed; 0 before the first one. */
export const LAST_SEQ = "max(coalesce((SELECT max(seq) FROM messages), 0), (SELECT last_seq FROM removal_state))";

/** Whether what is kept of each sender has a row behind `sender_mark` already. */
export const WITHIN_ROUND = `(seq <= (SELECT round_mark FROM index_state)
  AND (from_msisdn, seq) <= (SELECT reached_sender, reached_seq FROM index_state))`;

export function toStoredMessage(row: Record<string, SQLOutputValue>): StoredMessage {
  return {
    message_id: String(row["message_id"]),
    from: String(row["from_msisdn"]),
    to: String(row["to_msisdn"]),
    ts: String(row["ts"]),
    text: row["text"] === null ? null : String(row["text"]),
    created_at: String(row["created_at"]),
  };
}
