import type { StoredMessage } from "../../../core/message.ts";
import { compareMessages, compareText, LAST, positionOf, sortKey, type KeysetPosition } from "../../../core/order.ts";
import type { MessagePage, MessageQuery } from "../../../core/queries.ts";
import { createRowSources, type Part, type Source } from "./row-sources.ts";
import type { Prepare } from "./rows.ts";
import type { TimeCounts } from "./time-counts.ts";

/** An OFFSET walks over every row that it skips. With a larger one, the read starts close to the first row of the page instead. */
const MAX_SKIPPED_ROWS = 1_000;

/** Keys from `low` (inclusive) to `high` (exclusive). */
interface Range {
  readonly low: string;
  readonly high: string;
}

type PageQuery = Pick<MessageQuery, "limit" | "offset" | "order" | "after" | "from" | "since" | "until">;

/**
 * Pages by sender and time. Their cost depends neither on the number of rows nor on where they begin; only an offset from `after` is
 * read row by row. They need a snapshot: counts, index and rows must be of one moment.
 */
export function createPages(prepare: Prepare, timeCounts: TimeCounts): (query: PageQuery) => MessagePage {
  const { allRows, rowsOf, derivedRowsOf, unindexedRowsOf } = createRowSources(prepare);

  function countFrom(key: string, from?: string): number {
    if (key === LAST) return 0;
    return key === "" ? timeCounts.countAll(from) : timeCounts.countFrom(key, from);
  }

  /** Rows of the range in ascending order, beginning at the offset within the range. */
  function ascendingRows({ low, high }: Range, limit: number, offset: number): StoredMessage[] {
    let start = { key: low, skip: offset };
    if (offset > MAX_SKIPPED_ROWS) {
      const position = timeCounts.countAll() - countFrom(low) + offset;
      const near = timeCounts.seek(position);
      start = { key: near.key, skip: position - near.before };
    }
    return allRows(BETWEEN, [start.key, high], { order: "asc", limit, skip: start.skip });
  }

  function ascendingRowsOf(from: string, { low, high }: Range, limit: number, offset: number): StoredMessage[] {
    const unindexed = unindexedRowsOf(from)(BETWEEN, ["", LAST], { order: "asc", limit: -1 });
    const unindexedFrom = (least: string): StoredMessage[] => unindexed.filter((row) => compareText(sortKey(row.ts), least) >= 0);
    const later = unindexedFrom(low);
    // Wherever the unindexed rows lie among the derived ones, the page begins with this derived row or a later one.
    const first = Math.max(0, offset - later.length);
    let start = { key: low, skip: first };
    if (first > MAX_SKIPPED_ROWS) {
      // A position among all rows of the sender, minus the unindexed rows before it, is a position among the derived ones.
      const derivedPosition = timeCounts.countAll(from) - countFrom(low, from) - (unindexed.length - later.length) + first;
      const near = timeCounts.seek(derivedPosition, from);
      const derivedBefore = near.before - (unindexed.length - unindexedFrom(near.key).length);
      start = { key: near.key, skip: derivedPosition - derivedBefore };
    }
    const derived = derivedRowsOf(from)(BETWEEN, [start.key, high], { order: "asc", limit: offset - first + limit, skip: start.skip });
    const merged = [...derived, ...later.filter((row) => compareText(sortKey(row.ts), high) < 0)].sort(compareMessages);
    return merged.slice(offset - first, offset - first + limit);
  }

  function pageByOffset(query: PageQuery, range: Range, total: number): MessagePage {
    const { from, order = "asc", offset } = query;
    const limit = Math.min(query.limit, total - offset);
    if (limit <= 0) return { data: [], total };
    const source = from === undefined ? allRows : rowsOf(from);
    const ascending = (first: number): StoredMessage[] =>
      from === undefined ? ascendingRows(range, limit, first) : ascendingRowsOf(from, range, limit, first);
    let data: StoredMessage[];
    if (offset <= MAX_SKIPPED_ROWS) data = source(BETWEEN, [range.low, range.high], { order, limit, skip: offset });
    else if (order === "asc") data = ascending(offset);
    else data = ascending(total - offset - limit).reverse();
    return { data, total, ...(offset + limit < total && nextOf(data)) };
  }

  function pageAfter(query: PageQuery, range: Range, position: KeysetPosition, total: number): MessagePage {
    const { from, order = "asc", limit, offset } = query;
    const rows = rowsAfter(from === undefined ? allRows : rowsOf(from), range, position, { order, limit: offset + limit + 1 });
    const data = rows.slice(offset, offset + limit);
    return { data, total, ...(rows.length > offset + limit && nextOf(data)) };
  }

  return (query) => {
    const { from, since, until, after } = query;
    const range = { low: since === undefined ? "" : sortKey(since), high: until === undefined ? LAST : sortKey(until) };
    const total = Math.max(0, countFrom(range.low, from) - countFrom(range.high, from));
    return after === undefined ? pageByOffset(query, range, total) : pageAfter(query, range, after, total);
  };
}

const BETWEEN = "key >= ? AND key < ?";

/** In two ranges of the index: a single range that leaves out rows by `message_id` could walk a million rows of one instant. */
function rowsAfter(source: Source, range: Range, position: KeysetPosition, part: Part): StoredMessage[] {
  const { low, high } = range;
  const isAscending = part.order === "asc";
  const { key, messageId } = position;
  const isBefore = compareText(key, low) < 0;
  if (isBefore || compareText(key, high) >= 0) {
    return isBefore === isAscending ? source(BETWEEN, [low, high], part) : [];
  }
  const same = source(`key = ? AND message_id ${isAscending ? ">" : "<"} ?`, [key, messageId], { ...part, ofOneKey: true });
  const rest = { ...part, limit: part.limit - same.length };
  if (rest.limit === 0) return same;
  const further = isAscending ? source("key > ? AND key < ?", [key, high], rest) : source(BETWEEN, [low, key], rest);
  return [...same, ...further];
}

export function nextOf(data: readonly StoredMessage[]): { readonly next?: KeysetPosition } {
  const last = data.at(-1);
  return last === undefined ? {} : { next: positionOf(last) };
}
