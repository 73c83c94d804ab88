import type { SQLOutputValue, StatementSync } from "node:sqlite";
import type { StoredMessage } from "../../../core/message.ts";

/** Gives the prepared statement of an SQL text, the same one each time. */
export type Prepare = (sql: string) => StatementSync;

export const MESSAGE_COLUMNS = "message_id, from_msisdn, to_msisdn, ts, text, created_at";

/**
 * The rows that the index does not cover: those after its watermark, and those that are being removed. Such rows are few. Without
 * NOT INDEXED, SQLite would walk the whole of an index that has the order of the query.
 */
export const UNINDEXED_VIEW = `
CREATE TEMP VIEW unindexed_messages AS
  SELECT * FROM messages NOT INDEXED WHERE seq > (SELECT high FROM index_state)
  UNION ALL
  SELECT messages.* FROM excluded_messages CROSS JOIN messages ON messages.seq = excluded_messages.seq
  WHERE excluded_messages.seq <= (SELECT high FROM index_state)`;

/** The `seq` of the newest message, even if it was removed; 0 if there was none. */
export const LAST_SEQ = "max(coalesce((SELECT max(seq) FROM messages), 0), (SELECT given_seq FROM store_state))";

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
