import type { MessagePage, MessageQuery } from "../../core/queries.ts";
import type { Statement } from "../../postgres/frontend.ts";
import { afterPosition, conditionsOf, contains, orderBy, where } from "./conditions.ts";
import type { Fold } from "./fold.ts";
import { cut } from "./pages.ts";
import type { Read } from "./read.ts";
import { createParameters, MESSAGE_COLUMNS, numberAt, toStoredMessage } from "./rows.ts";

/**
 * Lists that no index answers at once: substrings, found by pg_trgm, and recipients. One statement reads both page and exact
 * total.
 */
export async function readMatches(read: Read, query: MessageQuery, fold: Fold): Promise<MessagePage> {
  const [rows = []] = await read([searchStatement(query, fold)]);
  const found = rows.filter((row) => row[1] !== null).map((row) => toStoredMessage(row, 1));
  return cut(found, numberAt(rows[0], 0), query.limit);
}

/** A row without a message carries the total of an empty page. */
function searchStatement(query: MessageQuery, fold: Fold): Statement {
  const { q, order = "asc", after, offset, limit } = query;
  const parameters = createParameters();
  const conditions = [...conditionsOf(query, parameters), ...(q === undefined ? [] : [contains(q, fold, parameters)])];
  const position = after === undefined ? [] : [afterPosition(after, order, parameters)];
  return {
    sql: `WITH hit AS MATERIALIZED (SELECT message_id, ts FROM messages ${where(conditions)}),
      page AS (SELECT message_id FROM hit ${where(position)} ORDER BY ${orderBy(order)} LIMIT ${limit + 1} OFFSET ${offset})
      SELECT t.total, ${MESSAGE_COLUMNS} FROM (SELECT count(*) AS total FROM hit) AS t
      LEFT JOIN (page JOIN messages AS m USING (message_id)) ON true ORDER BY ${orderBy(order, "m.")}`,
    values: parameters.values,
  };
}
