import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { StoredMessage } from "../core/message.ts";

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

/** The conditions that an index answers, `key` meaning that key or a later one, and any further ones. */
export function messageFilter(of: { from?: string | undefined; key?: string | undefined }, ...further: string[]): Filter {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  if (of.from !== undefined) {
    conditions.push("from_msisdn = ?");
    values.push(of.from);
  }
  if (of.key !== undefined) {
    conditions.push("rtrim(ts, 'Z') >= ?");
    values.push(of.key);
  }
  conditions.push(...further);
  return { where: conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`, values };
}
