import type { SQLOutputValue, StatementSync } from "node:sqlite";
import type { Place, StoredMessage } from "../../../core/message.ts";

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

/** Sorts behind every text that begins with what it follows. */
export const LAST = "\u{10FFFF}";

/** In the order of SQLite: that of UTF-8 bytes, which is that of code points, and not that of UTF-16 units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What `messages_by_ts` and `sender_messages` sort a normalized timestamp by: see `migrations.ts`. */
export function sortKey(ts: string): string {
  let end = ts.length;
  while (ts[end - 1] === "Z") end -= 1;
  return ts.slice(0, end);
}

/** The order of every list: by time, then by the code points of the id. */
export function compareRows(a: Pick<StoredMessage, "ts" | "message_id">, b: Pick<StoredMessage, "ts" | "message_id">): number {
  return compareKeys(placeOf(a), placeOf(b));
}

/** The same for keys that are at hand: many rows are sorted faster when each key is made once. */
export function compareKeys(a: Place, b: Place): number {
  if (a.key === b.key) return compareText(a.messageId, b.messageId);
  return a.key < b.key ? -1 : 1;
}

export function placeOf(row: Pick<StoredMessage, "ts" | "message_id">): Place {
  return { key: sortKey(row.ts), messageId: row.message_id };
}

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
