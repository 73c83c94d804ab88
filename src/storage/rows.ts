import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { MessageQuery, StoredMessage } from "../core/message.ts";

export const MESSAGE_COLUMNS = "message_id, from_msisdn, to_msisdn, ts, text, created_at";

/** What `messages_by_ts` and `messages_by_sender` sort a normalized timestamp by: see `migrations.ts`. */
export function sortKey(ts: string): string {
  return ts.replace(/Z+$/, "");
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

export interface Filter {
  /** A WHERE clause, or nothing where every row passes. */
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

/** The filters that an index answers, and any further conditions. */
export function messageFilter(query: Pick<MessageQuery, "from" | "since">, ...further: string[]): Filter {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  if (query.from !== undefined) {
    conditions.push("from_msisdn = ?");
    values.push(query.from);
  }
  if (query.since !== undefined) {
    conditions.push("rtrim(ts, 'Z') >= ?");
    values.push(sortKey(query.since));
  }
  conditions.push(...further);
  return { where: conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`, values };
}
