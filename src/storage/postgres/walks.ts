import type { SequencedMessage, StoredMessage } from "../../core/message.ts";
import { positionOf } from "../../core/order.ts";
import type { History } from "../../core/store.ts";
import type { ExportPage, ExportQuery, SequencedPage } from "../../core/queries.ts";
import { PAGE_CHARACTERS, PAGE_MESSAGES, PAGE_ROWS } from "../shared/fill-page.ts";
import { afterPosition, conditionsOf, contains, orderBy, where } from "./conditions.ts";
import type { Fold } from "./fold.ts";
import type { Read } from "./read.ts";
import { createParameters, LEADING_COLUMNS, MESSAGE_COLUMNS, numberAt, payloadAt, textAt, toStoredMessage } from "./rows.ts";
import { escapeText } from "./text.ts";

/** SQL: how much a message adds to its page. PostgreSQL gives a payload's length in bytes without reading it. */
function lengthOf(payload: boolean): string {
  return payload ? "(coalesce(length(m.text), 0) + coalesce(octet_length(m.payload), 0))" : "coalesce(length(m.text), 0)";
}

/** The next messages that match, in list order and without a total. */
export async function readExportPage(read: Read, query: ExportQuery, fold: Fold): Promise<ExportPage> {
  const { q, to, order = "asc", after, upTo, payload = false } = query;
  const parameters = createParameters();
  const { to: _to, ...filters } = query;
  const conditions = [...conditionsOf(filters, parameters), `seq <= ${parameters.add(upTo)}::bigint`];
  if (after !== undefined) conditions.push(afterPosition(after, order, parameters));
  const hits = [
    ...(to === undefined ? [] : [`to_msisdn = ${parameters.add(escapeText(to))}`]),
    ...(q === undefined ? [] : [`coalesce(${contains(q, fold, parameters)}, false)`]),
  ];
  const rowLimit = hits.length === 0 ? PAGE_MESSAGES : PAGE_ROWS;
  const length = lengthOf(payload);
  const window = `OVER (ORDER BY ${orderBy(order, "m.")} ROWS UNBOUNDED PRECEDING)`;
  const [rows = []] = await read([{
    sql: `WITH looked AS (
        SELECT *, ${hits.join(" AND ") || "true"} AS hit FROM messages ${where(conditions)} ORDER BY ${orderBy(order)} LIMIT ${rowLimit}),
      m AS (
        SELECT m.*, count(*) FILTER (WHERE hit) ${window} AS hits,
          coalesce(sum(${length}) FILTER (WHERE hit) ${window}, 0) AS characters FROM looked AS m)
      SELECT hit, hits, characters, ${LEADING_COLUMNS}, CASE WHEN hit THEN m.text END, m.created_at,
        ${payload ? "CASE WHEN hit THEN m.payload END" : "NULL"} FROM m
      WHERE hits - hit::int < ${PAGE_MESSAGES} AND characters - CASE WHEN hit THEN ${length} ELSE 0 END < ${PAGE_CHARACTERS}
      ORDER BY ${orderBy(order, "m.")}`,
    values: parameters.values,
  }]);
  const data: StoredMessage[] = [];
  for (const row of rows) {
    if (row[0] === "t") data.push({ ...toStoredMessage(row, 3), ...(payload && payloadAt(row, 9)) });
  }
  const last = rows.at(-1);
  const isCut = rows.length === rowLimit || numberAt(last, 1) >= PAGE_MESSAGES || numberAt(last, 2) >= PAGE_CHARACTERS;
  return { data, ...(isCut && last !== undefined && { next: positionOf(toStoredMessage(last, 3)) }) };
}

export interface SinceOptions {
  readonly limit: number;
  readonly payload?: boolean;
}

/** Messages after `seq` in commit order. Once a `seq` is visible, no smaller one appears later. */
export async function readSince(read: Read, seq: number, { limit, payload = false }: SinceOptions): Promise<SequencedPage> {
  const length = lengthOf(payload);
  const [rows = []] = await read([{
    sql: `WITH page AS (SELECT * FROM messages WHERE seq > $1::bigint ORDER BY seq LIMIT ${limit}),
      m AS (SELECT m.*, sum(${length}) OVER (ORDER BY m.seq) AS characters FROM page AS m)
      SELECT m.seq, characters, ${MESSAGE_COLUMNS}, ${payload ? "m.payload" : "NULL"} FROM m
      WHERE characters - ${length} < ${PAGE_CHARACTERS} ORDER BY m.seq`,
    values: [seq],
  }]);
  const data = rows.map((row): SequencedMessage => {
    return { seq: numberAt(row, 0), ...toStoredMessage(row, 2), ...(payload && payloadAt(row, 8)) };
  });
  return { data, more: rows.length === limit || numberAt(rows.at(-1), 1) >= PAGE_CHARACTERS };
}

/** SQL: the `seq` of the newest message, even if it was removed. The sequence's own value may belong to a row that is not committed. */
export const LAST_SEQUENCE = "greatest(coalesce((SELECT max(seq) FROM messages), 0), (SELECT removed_seq FROM inbox_state WHERE id = 1))";

/** The generations of the database. */
export async function readHistory(read: Read): Promise<History> {
  const [present, former = []] = await read([
    { sql: "SELECT generation FROM inbox_state WHERE id = 1" },
    { sql: "SELECT generation, last_seq FROM former_generations" },
  ]);
  return { generation: textAt(present?.[0], 0), former: new Map(former.map((row) => [textAt(row, 0), numberAt(row, 1)])) };
}
