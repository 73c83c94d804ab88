import { sortKey, type Order, type KeysetPosition } from "../../core/order.ts";
import type { ExportQuery } from "../../core/queries.ts";
import type { Fold } from "./fold.ts";
import { indexedText } from "./indexed.ts";
import type { Parameters } from "./rows.ts";
import { escapeText } from "./text.ts";

export type Filters = Pick<ExportQuery, "from" | "to" | "since" | "until">;

/** SQL of the given filters, except `q`. */
export function conditionsOf({ from, to, since, until }: Filters, { add }: Parameters): string[] {
  const conditions: string[] = [];
  if (from !== undefined) conditions.push(`from_msisdn = ${add(indexedText(from))}`);
  if (to !== undefined) conditions.push(`to_msisdn = ${add(escapeText(to))}`);
  if (since !== undefined) conditions.push(`ts >= ${add(sortKey(since))}`);
  if (until !== undefined) conditions.push(`ts < ${add(sortKey(until))}`);
  return conditions;
}

/** SQL: the text contains `q`, case-insensitively. Exact, since folded texts are compared; see `createFold`. */
export function contains(q: string, fold: Fold, { add }: Parameters): string {
  const pattern = fold(escapeText(q)).replace(/[\\%_]/g, "\\$&");
  return `folded LIKE ${add(`%${pattern}%`)}`;
}

/** SQL: the row comes after a position in the order. */
export function afterPosition({ key, messageId }: KeysetPosition, order: Order, { add }: Parameters): string {
  return `(ts, message_id) ${order === "asc" ? ">" : "<"} (${add(key)}, ${add(indexedText(messageId))})`;
}

/** A WHERE clause of conditions that must all hold; empty if there are none. */
export function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}

/** `of` is the table's name with a dot, needed if two tables have these columns. */
export function orderBy(order: Order, of = ""): string {
  const direction = order === "asc" ? "ASC" : "DESC";
  return `${of}ts ${direction}, ${of}message_id ${direction}`;
}
