import type { StoredMessage } from "../../core/message.ts";
import { positionOf, sortKey } from "../../core/order.ts";
import type { MessagePage, MessageQuery } from "../../core/queries.ts";
import type { Statement } from "../../postgres/frontend.ts";
import { afterPosition, conditionsOf, orderBy, where } from "./conditions.ts";
import { COUNT_ALL, countFrom, seekMinute, UNCOUNTED } from "./counts.ts";
import { indexedText } from "./indexed.ts";
import type { Read } from "./read.ts";
import { createParameters, MESSAGE_COLUMNS, numberAt, textAt, toStoredMessage } from "./rows.ts";

/** An OFFSET reads every row that it skips. With a larger one, the read starts close to the first row of the page instead. */
const MAX_SKIPPED_ROWS = 1_000;

/** A page by sender and time. With neither `from` nor `after`, its cost depends little on the number of rows and on the offset. */
export async function readPage(read: Read, query: MessageQuery): Promise<MessagePage> {
  const { from, order = "asc", after, offset, limit } = query;
  if (from !== undefined || after !== undefined || offset <= MAX_SKIPPED_ROWS) {
    const [total, rows = []] = await read([totalOf(query), pageOf(query)]);
    return cut(rows.map((row) => toStoredMessage(row)), numberAt(total?.[0], 0), limit);
  }
  const [counted] = await read([totalOf(query)]);
  const total = numberAt(counted?.[0], 0);
  const rows = Math.min(limit, total - offset);
  if (rows <= 0) return { data: [], total };
  const first = numberAt(counted?.[0], 1) + (order === "asc" ? offset : total - offset - rows);
  const data = await readFrom(read, first, rows);
  return cut(order === "asc" ? data : data.toReversed(), total, rows, offset + rows < total);
}

/** Messages in time order, beginning with the one at index `first` of all messages (counted from 0). */
async function readFrom(read: Read, first: number, limit: number): Promise<StoredMessage[]> {
  const [minute] = await read([seekMinute(first)]);
  const since = textAt(minute?.[0], 0);
  const offset = first - numberAt(minute?.[0], 1);
  const [rows = []] = await read([pageOf({ offset, limit: limit - 1, ...(since !== "" && { since }) })]);
  return rows.map((row) => toStoredMessage(row));
}

/** One row more than the limit shows whether more follow. */
export function pageOf(query: MessageQuery): Statement {
  const parameters = createParameters();
  const { order = "asc", after, offset, limit } = query;
  const conditions = [...conditionsOf(query, parameters), ...(after === undefined ? [] : [afterPosition(after, order, parameters)])];
  return {
    // The index alone finds the rows to skip: only the rows of the page are fetched from the table.
    sql: `SELECT ${MESSAGE_COLUMNS} FROM (
        SELECT message_id FROM messages ${where(conditions)} ORDER BY ${orderBy(order)} LIMIT ${limit + 1} OFFSET ${offset}) AS page
      JOIN messages AS m USING (message_id) ORDER BY ${orderBy(order, "m.")}`,
    values: parameters.values,
  };
}

/** How many messages match and, if `from` is absent, how many of all messages come before `since`. */
export function totalOf(query: Omit<MessageQuery, "order" | "after">): Statement {
  const parameters = createParameters();
  const { from, since, until } = query;
  if (from === undefined) {
    const low = since === undefined ? COUNT_ALL : countFrom(sortKey(since), parameters);
    const high = until === undefined ? "0" : countFrom(sortKey(until), parameters);
    return { sql: `WITH ${UNCOUNTED} SELECT greatest(0, ${low} - ${high}), ${COUNT_ALL} - ${low}`, values: parameters.values };
  }
  if (since !== undefined || until !== undefined) {
    const conditions = conditionsOf({ from, ...(since !== undefined && { since }), ...(until !== undefined && { until }) }, parameters);
    return { sql: `SELECT count(*) FROM messages ${where(conditions)}`, values: parameters.values };
  }
  const sender = parameters.add(indexedText(from));
  return {
    sql: `WITH ${UNCOUNTED} SELECT coalesce((SELECT count FROM sender_counts WHERE from_msisdn = ${sender}), 0)
      + (SELECT count(*) FROM uncounted WHERE from_msisdn = ${sender})`,
    values: parameters.values,
  };
}

/** The page without the extra row that only shows whether more follow. */
export function cut(rows: readonly StoredMessage[], total: number, limit: number, more: boolean = rows.length > limit): MessagePage {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, total, ...(more && last !== undefined && { next: positionOf(last) }) };
}
