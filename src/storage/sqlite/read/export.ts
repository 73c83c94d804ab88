import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { createMatcher } from "../../../core/filter.ts";
import { comparePositions, LAST, sortKey, type KeysetPosition } from "../../../core/order.ts";
import type { ExportPage, ExportQuery } from "../../../core/queries.ts";
import { PAGE_ROWS, startPage } from "../../shared/fill-page.ts";
import { withPayload } from "./payloads.ts";
import { MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";

type Row = Record<string, SQLOutputValue>;

/** The part of the list that is left: after `start`, up to the key `end`, which is included if the order is descending. */
interface Range {
  readonly direction: "ASC" | "DESC";
  readonly start: KeysetPosition;
  readonly end: string;
}

/**
 * The next messages that match, in list order and without a total. A page costs as much as its rows, wherever it is. Needs a
 * snapshot: the index and the rows must be of one moment.
 */
export function createExport(prepare: Prepare): (query: ExportQuery) => ExportPage {
  /** Two seeks in the index: as an index on an expression, it does not serve a comparison of `(rtrim(ts, 'Z'), message_id)`. */
  function* rowsOfAll({ direction, start, end }: Range, upTo: number): Generator<Row> {
    const [beyond, within] = direction === "ASC" ? [">", "<"] : ["<", ">="];
    const select = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE`;
    const rest = `rtrim(ts, 'Z') ${within} ? AND +seq <= ?`;
    const equal = `${select} rtrim(ts, 'Z') = ? AND message_id ${beyond} ? AND ${rest} ORDER BY message_id ${direction}`;
    yield* prepare(equal).iterate(start.key, start.messageId, end, upTo);
    const further = `${select} rtrim(ts, 'Z') ${beyond} ? AND ${rest} ORDER BY rtrim(ts, 'Z') ${direction}, message_id ${direction}`;
    yield* prepare(further).iterate(start.key, end, upTo);
  }

  function* rowsOfSender(from: string, { direction, start, end }: Range, upTo: number): Generator<Row> {
    const sign = direction === "ASC" ? 1 : -1;
    const [beyond, within] = direction === "ASC" ? [">", "<"] : ["<", ">="];
    // No page looks at more rows than the limit.
    const unindexed = prepare(`SELECT ${MESSAGE_COLUMNS} FROM unindexed_messages
      WHERE from_msisdn = ? AND (rtrim(ts, 'Z'), message_id) ${beyond} (?, ?) AND rtrim(ts, 'Z') ${within} ? AND seq <= ?
      ORDER BY rtrim(ts, 'Z') ${direction}, message_id ${direction} LIMIT ${PAGE_ROWS}`).all(from, start.key, start.messageId, end, upTo);
    const columns = MESSAGE_COLUMNS.split(", ").map((column) => `messages.${column}`).join(", ");
    const derived = prepare(`SELECT ${columns} FROM sender_messages AS hit CROSS JOIN messages ON messages.seq = hit.seq
      WHERE hit.from_msisdn = ? AND (hit.key, hit.message_id) ${beyond} (?, ?) AND hit.key ${within} ? AND hit.seq <= ?
      ORDER BY hit.key ${direction}, hit.message_id ${direction}`);
    const values: readonly SQLInputValue[] = [from, start.key, start.messageId, end, upTo];
    let next = 0;
    for (const row of derived.iterate(...values)) {
      const position = rowPosition(row);
      for (let one = unindexed[next]; one !== undefined && sign * comparePositions(rowPosition(one), position) < 0; one = unindexed[next]) {
        yield one;
        next += 1;
      }
      yield row;
    }
    yield* unindexed.slice(next);
  }

  return (query) => {
    const range = rangeOf(query);
    const rows = query.from === undefined ? rowsOfAll(range, query.upTo) : rowsOfSender(query.from, range, query.upTo);
    // The range covers the other filters.
    const { to, q } = query;
    const matches = createMatcher({ ...(to !== undefined && { to }), ...(q !== undefined && { q }) });
    const page = startPage();
    for (const row of rows) {
      const message = toStoredMessage(row);
      const found = !matches(message) ? undefined : query.payload ? withPayload(prepare, message) : message;
      if (page.add(found)) return { data: page.data, next: rowPosition(row) };
    }
    return { data: page.data };
  };
}

function rangeOf({ order = "asc", since, until, after }: ExportQuery): Range {
  const from: KeysetPosition = { key: since === undefined ? "" : sortKey(since), messageId: "" };
  const to: KeysetPosition = { key: until === undefined ? LAST : sortKey(until), messageId: "" };
  // The stricter one of two conditions: given both, SQLite might walk the index from the wrong one.
  if (order === "asc") {
    return { direction: "ASC", start: after !== undefined && comparePositions(after, from) > 0 ? after : from, end: to.key };
  }
  return { direction: "DESC", start: after !== undefined && comparePositions(after, to) < 0 ? after : to, end: from.key };
}

function rowPosition(row: Row): KeysetPosition {
  return { key: sortKey(String(row["ts"])), messageId: String(row["message_id"]) };
}
