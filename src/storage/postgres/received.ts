import type { ReceivedPage, ReceivedQuery } from "../../core/queries.ts";
import type { Statement } from "../../postgres/frontend.ts";
import { conditionsOf, contains, where } from "./conditions.ts";
import type { Fold } from "./fold.ts";
import { totalOf } from "./pages.ts";
import type { Read } from "./read.ts";
import { createParameters, MESSAGE_COLUMNS, numberAt, toStoredMessage, type Parameters } from "./rows.ts";

/** A page in the order of `seq`. With `to` or `q`, one statement reads both page and total, as in `readMatches`. */
export async function readReceived(read: Read, query: ReceivedQuery, fold: Fold): Promise<ReceivedPage> {
  const isSearch = query.to !== undefined || query.q !== undefined;
  const { order: _order, after: _after, ...filter } = query;
  const [first = [], second = []] = await read(isSearch ? [searchStatement(query, fold)] : [totalOf(filter), pageStatement(query)]);
  const total = numberAt(first[0], 0);
  const rows = isSearch ? first.filter((row) => row[1] !== null).map((row) => row.slice(1)) : second;
  const page = rows.slice(0, query.limit);
  return {
    data: page.map((row) => toStoredMessage(row, 1)),
    total,
    ...(rows.length > query.limit && { next: numberAt(page.at(-1), 0) }),
  };
}

function pageStatement(query: ReceivedQuery): Statement {
  const parameters = createParameters();
  const { limit, offset } = query;
  const conditions = [...conditionsOf(query, parameters), ...afterSeq(query, parameters)];
  return {
    sql: `SELECT m.seq, ${MESSAGE_COLUMNS} FROM messages AS m ${where(conditions)}
      ORDER BY ${orderOf(query)} LIMIT ${limit + 1} OFFSET ${offset}`,
    values: parameters.values,
  };
}

/** A row without a message carries the total of an empty page. */
function searchStatement(query: ReceivedQuery, fold: Fold): Statement {
  const { q, limit, offset } = query;
  const parameters = createParameters();
  const conditions = [...conditionsOf(query, parameters), ...(q === undefined ? [] : [contains(q, fold, parameters)])];
  return {
    sql: `WITH hit AS MATERIALIZED (SELECT seq FROM messages ${where(conditions)}),
      page AS (SELECT seq FROM hit AS m ${where(afterSeq(query, parameters))}
        ORDER BY ${orderOf(query)} LIMIT ${limit + 1} OFFSET ${offset})
      SELECT t.total, m.seq, ${MESSAGE_COLUMNS} FROM (SELECT count(*) AS total FROM hit) AS t
      LEFT JOIN (page JOIN messages AS m USING (seq)) ON true ORDER BY ${orderOf(query)}`,
    values: parameters.values,
  };
}

function afterSeq({ order, after }: ReceivedQuery, { add }: Parameters): readonly string[] {
  return after === undefined ? [] : [`m.seq ${order === "received" ? ">" : "<"} ${add(after)}::bigint`];
}

function orderOf({ order }: ReceivedQuery): string {
  return `m.seq ${order === "received" ? "ASC" : "DESC"}`;
}
