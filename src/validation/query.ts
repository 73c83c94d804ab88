import type { FieldError, Outcome } from "../core/outcome.ts";
import type { MessageFilter } from "../core/filter.ts";
import type { Order, ReceiptOrder } from "../core/order.ts";
import type { MessageQuery, ReceivedQuery } from "../core/queries.ts";
import { parseCursor, parseReceiptCursor } from "./cursor.ts";
import { createQueryReader, type IntegerRange, type QueryReader } from "./query-reader.ts";

const LIMIT: IntegerRange = { min: 1, max: 100, whenAbsent: 50 };
const OFFSET: IntegerRange = { min: 0, max: Number.MAX_SAFE_INTEGER, whenAbsent: 0 };
const PAGE_PARAMETERS: readonly string[] = ["limit", "offset"];

/** A list by time, or in commit order. */
export type ListQuery = MessageQuery | ReceivedQuery;

/**
 * Reads the filters and the page of a list from a request's query, which may be empty; see `QueryReader` for the encoding.
 * Other parameters are ignored.
 *
 * - `limit` 1 to 100 (default 50) and `offset` 0 to 2^53-1 (default 0), in decimal digits
 * - `from`, `to`: any string, including the empty one
 * - `since`, `until`: what `parseTimestamp` accepts, normalized
 * - `q`: empty means absent; a literal `+` is a space
 * - `order`: `asc`, `desc`, `received` or `received-desc`
 * - `cursor`: what `formatCursor` or `formatReceiptCursor` produced for this order; with a cursor, `offset` must be absent or 0
 *
 * Refusals list every invalid parameter in the order limit, offset, since, until, order, cursor, with the types of
 * `QueryReader`, `cursor_parsing` and `cursor_with_offset`.
 */
export function parseMessageQuery(rawQuery: string): Outcome<ListQuery, readonly FieldError[]> {
  const reader = createQueryReader(rawQuery);
  const limit = reader.integer("limit", LIMIT);
  const offset = reader.integer("offset", OFFSET);
  const filter = readFilter(reader);
  const order = reader.choice("order", ["asc", "desc", "received", "received-desc"]);
  const cursor = reader.text("cursor");
  const position = order === "received" || order === "received-desc" ? receiptPosition(order, cursor) : timePosition(order, cursor);
  const { after } = position;
  if (cursor !== undefined && after === undefined) {
    reader.refuse("cursor", "cursor_parsing", "Value is not a cursor of this order: must be the next_cursor of a page, unchanged");
  }
  if (cursor !== undefined && offset > 0) {
    reader.refuse("offset", "cursor_with_offset", "Value cannot be combined with cursor: must be absent or 0");
  }
  if (reader.errors.length > 0) return { ok: false, error: reader.errors };
  return { ok: true, value: { limit, offset, ...filter, ...position } };
}

function timePosition(order: Order | undefined, cursor: string | undefined): Pick<MessageQuery, "order" | "after"> {
  const after = cursor === undefined ? undefined : parseCursor(cursor, order ?? "asc");
  return { ...(order !== undefined && { order }), ...(after !== undefined && { after }) };
}

function receiptPosition(order: ReceiptOrder, cursor: string | undefined): Pick<ReceivedQuery, "order" | "after"> {
  const after = cursor === undefined ? undefined : parseReceiptCursor(cursor, order);
  return { order, ...(after !== undefined && { after }) };
}

/** Reads the filters that lists, exports and the timeline share. */
export function readFilter(reader: QueryReader): MessageFilter {
  const from = reader.text("from");
  const to = reader.text("to");
  const since = reader.timestamp("since");
  const until = reader.timestamp("until");
  const q = reader.formText("q");
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(q !== undefined && q !== "" && { q }),
  };
}

export type ListFormat = "json" | "ndjson" | "csv";

/** The format requested for a list. */
export interface ListForm {
  /** Undefined if it is absent. */
  readonly format: ListFormat | undefined;
  /** Whether CSV begins with a byte order mark, without which Excel assumes an older encoding than UTF-8. */
  readonly bom: boolean;
  /** Whether to include the payloads of messages; only for an export. */
  readonly payload: boolean;
}

/** Reads `format`, and `bom` and `payload`, which are `1` or `0` (default). Refusals: those of `QueryReader.choice`. */
export function parseListForm(rawQuery: string): Outcome<ListForm, readonly FieldError[]> {
  const reader = createQueryReader(rawQuery);
  const format = reader.choice("format", ["json", "ndjson", "csv"]);
  const bom = reader.choice("bom", ["0", "1"]) === "1";
  const payload = reader.choice("payload", ["0", "1"]) === "1";
  return reader.errors.length > 0 ? { ok: false, error: reader.errors } : { ok: true, value: { format, bom, payload } };
}

/** The parameters of a list, without its page. */
export type ExportedQuery = Omit<MessageQuery, "limit" | "offset"> | Omit<ReceivedQuery, "limit" | "offset">;

/**
 * Reads the parameters of `parseMessageQuery` for an export. An export contains all matching messages, so `limit` and `offset`
 * are refused with `page_of_export`; the order `received-desc` is refused with `order_of_export`.
 */
export function parseExportQuery(rawQuery: string): Outcome<ExportedQuery, readonly FieldError[]> {
  const reader = createQueryReader(rawQuery);
  for (const name of PAGE_PARAMETERS) {
    if (reader.text(name) === undefined) continue;
    reader.refuse(name, "page_of_export", "Parameter is not supported by exports: must be absent, since an export has all matches");
  }
  const query = parseMessageQuery(rawQuery);
  if (!query.ok) {
    const others = query.error.filter(({ loc: [, name = ""] }) => !PAGE_PARAMETERS.includes(name));
    return { ok: false, error: [...reader.errors, ...others] };
  }
  if (query.value.order === "received-desc") {
    reader.refuse("order", "order_of_export", "Value is not supported by exports: must be asc, desc or received");
  }
  if (reader.errors.length > 0) return { ok: false, error: reader.errors };
  const { limit, offset, ...filters } = query.value;
  return { ok: true, value: filters };
}
