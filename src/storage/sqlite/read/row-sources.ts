import type { SQLInputValue } from "node:sqlite";
import type { StoredMessage } from "../../../core/message.ts";
import { compareMessages, type Order } from "../../../core/order.ts";
import { MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";

/** The part of the rows that is wanted. */
export interface Part {
  readonly order: Order;
  /** Whether all rows have the same key. */
  readonly ofOneKey?: boolean;
  readonly limit: number;
  readonly skip?: number;
}

/** Rows that match a condition on `key` and `message_id`, in order. */
export type Source = (condition: string, values: readonly SQLInputValue[], part: Part) => StoredMessage[];

/** Where the rows of a page come from. */
export interface RowSources {
  readonly allRows: Source;
  /** All rows of a sender, indexed or not; reads up to `limit` of each kind. */
  rowsOf(from: string): Source;
  /** The sender's rows that the index covers. */
  derivedRowsOf(from: string): Source;
  /** The sender's rows that the index does not cover. */
  unindexedRowsOf(from: string): Source;
}

/** The key of a row in the table of messages. The index has a column named `key` instead. */
const KEY = "rtrim(ts, 'Z')";

/** Reads the tables of messages, and the index by sender. */
export function createRowSources(prepare: Prepare): RowSources {
  const allRows: Source = (condition, values, part) => {
    const { limit, skip = 0 } = part;
    const sql = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE ${condition.replaceAll("key", KEY)} ${orderBy(KEY, part)}`;
    return prepare(sql).all(...values, limit, skip).map(toStoredMessage);
  };

  function derivedRowsOf(from: string): Source {
    return (condition, values, part) => {
      const { limit, skip = 0 } = part;
      const hits = `SELECT seq FROM sender_messages WHERE from_msisdn = ? AND ${condition} ${orderBy("key", part)}`;
      const sql = `SELECT ${MESSAGE_COLUMNS} FROM (${hits}) AS hit CROSS JOIN messages ON messages.seq = hit.seq`;
      return prepare(sql).all(from, ...values, limit, skip).map(toStoredMessage);
    };
  }

  function unindexedRowsOf(from: string): Source {
    return (condition, values, part) => {
      const { limit, skip = 0 } = part;
      const rows = `unindexed_messages WHERE from_msisdn = ? AND ${condition.replaceAll("key", KEY)}`;
      return prepare(`SELECT ${MESSAGE_COLUMNS} FROM ${rows} ${orderBy(KEY, part)}`).all(from, ...values, limit, skip).map(toStoredMessage);
    };
  }

  function rowsOf(from: string): Source {
    const sources = [derivedRowsOf(from), unindexedRowsOf(from)];
    return (condition, values, { limit, skip = 0, ...part }) => {
      const sign = part.order === "asc" ? 1 : -1;
      const rows = sources.flatMap((source) => source(condition, values, { ...part, limit: skip + limit }));
      return rows.sort((a, b) => sign * compareMessages(a, b)).slice(skip, skip + limit);
    };
  }

  return { allRows, rowsOf, derivedRowsOf, unindexedRowsOf };
}

/** A fixed key must not be in ORDER BY: if it is an expression, SQLite would sort. */
function orderBy(key: string, { order, ofOneKey = false }: Part): string {
  const by = order === "asc" ? "ASC" : "DESC";
  return `ORDER BY ${ofOneKey ? "" : `${key} ${by}, `}message_id ${by} LIMIT ? OFFSET ?`;
}
