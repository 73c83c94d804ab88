import { performance } from "node:perf_hooks";
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { createMatcher, type MessageFilter } from "../../../core/filter.ts";
import type { StoredMessage } from "../../../core/message.ts";
import { compareText, LAST, sortKey, type KeysetPosition, type Order } from "../../../core/order.ts";
import type { Cancellation } from "../cancellation.ts";
import { trigramQuery } from "../index/fold.ts";
import { MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";

/** With more candidates, a walk in the order of the response is cheaper than fetching and sorting them. */
const MAX_CANDIDATES = 200_000;
/** Rows examined in one read transaction of a walk: an open transaction keeps the WAL from being checkpointed. */
const WALK_ROWS = 5_000;
/** The number of rows between two checks whether the read was cancelled. */
const CHECK_ROWS = 1_000;

/** The columns examined, read as arrays: with objects a search of every row took twice as long. */
const SCANNED = "seq, ts, message_id, text, from_msisdn, to_msisdn";
type Scanned = Readonly<Record<number, SQLOutputValue>>;

export type Snapshot = <T>(read: () => T) => T;

/** Rows that the index points to. */
interface Candidates {
  readonly derived: string;
  readonly values: readonly SQLInputValue[];
}

/** The position of a message that matches. */
export interface MatchPosition extends KeysetPosition {
  readonly seq: number;
}

/** The rows to examine: those to which the trigram index points, or the sender's rows if `q` is absent or too short for that index. */
function candidatesFor({ q, from }: MessageFilter): Candidates | undefined {
  const trigrams = q === undefined ? undefined : trigramQuery(q);
  if (trigrams !== undefined) {
    const derived = "SELECT rowid AS hit FROM messages_search WHERE messages_search MATCH ?";
    return { derived, values: [trigrams] };
  }
  if (from === undefined) return undefined;
  return { derived: "SELECT seq AS hit FROM sender_messages WHERE from_msisdn = ?", values: [from] };
}

/**
 * All matches, unordered; undefined if nothing narrows the rows down enough. Every candidate and every unindexed row is
 * compared in full. Needs a snapshot.
 */
export function matchesAmongCandidates(prepare: Prepare, filter: MessageFilter, cancellation: Cancellation): MatchPosition[] | undefined {
  const candidates = candidatesFor(filter);
  if (candidates === undefined) return undefined;
  const accepts = acceptsRow(filter);
  const matches: MatchPosition[] = [];
  /** Returns how many rows it examined. */
  function collect(rows: Iterable<Scanned>): number {
    let seen = 0;
    for (const row of rows) {
      seen += 1;
      if (seen % CHECK_ROWS === 0) cancellation.check();
      if (accepts(row)) matches.push(toMatch(row));
    }
    return seen;
  }
  const derived = `SELECT ${SCANNED} FROM (${candidates.derived} LIMIT ${MAX_CANDIDATES + 1}) CROSS JOIN messages ON seq = hit`;
  if (collect(prepareScan(prepare, derived).iterate(...candidates.values)) > MAX_CANDIDATES) return undefined;
  collect(prepareScan(prepare, `SELECT ${SCANNED} FROM unindexed_messages`).iterate());
  return matches;
}

export interface WalkOptions {
  readonly snapshot: Snapshot;
  /** Called between two transactions with the duration of the first, in milliseconds. */
  readonly giveWay: (workedMs: number) => void;
  /** Receives the matches among some rows, within their transaction. */
  readonly take: (matches: readonly MatchPosition[]) => void;
}

/** Examines all rows within the times of a filter in short transactions, up to the row that was newest at the start. */
export function walkByTime(prepare: Prepare, { order, ...filter }: MessageFilter & { readonly order: Order }, options: WalkOptions): void {
  const [further, by] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const statement = prepareScan(
    prepare,
    `SELECT ${SCANNED} FROM messages
    WHERE rtrim(ts, 'Z') ${further}= ?1 AND (rtrim(ts, 'Z') ${further} ?1 OR message_id ${further} ?2) AND seq <= ?3
    ORDER BY rtrim(ts, 'Z') ${by}, message_id ${by} LIMIT ${WALK_ROWS}`,
  );
  const last = newestSeq(prepare);
  const low = filter.since === undefined ? "" : sortKey(filter.since);
  const high = filter.until === undefined ? LAST : sortKey(filter.until);
  let position: KeysetPosition = { key: order === "asc" ? low : high, messageId: "" };
  walk(() => statement.all(position.key, position.messageId, last), { ...options, accepts: acceptsRow(filter) }, (edge) => {
    position = edge;
    // Rows beyond the range cannot match.
    return order === "asc" ? compareText(position.key, high) < 0 : compareText(position.key, low) >= 0;
  });
}

/** Examines all rows in commit order, or the reverse, in short transactions, up to the row that was newest at the start. */
export function walkBySeq(prepare: Prepare, { order, ...filter }: MessageFilter & { readonly order: Order }, options: WalkOptions): void {
  const [further, by] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const statement = prepareScan(
    prepare,
    `SELECT ${SCANNED} FROM messages WHERE seq ${further} ? AND seq <= ? ORDER BY seq ${by} LIMIT ${WALK_ROWS}`,
  );
  const last = newestSeq(prepare);
  let seq = order === "asc" ? 0 : last + 1;
  walk(() => statement.all(seq, last), { ...options, accepts: acceptsRow(filter) }, (edge) => {
    seq = edge.seq;
    return true;
  });
}

interface Walk extends WalkOptions {
  readonly accepts: (row: Scanned) => boolean;
}

/** `goOn` gets the position of the last row examined. */
function walk(read: () => readonly Scanned[], { snapshot, giveWay, accepts, take }: Walk, goOn: (edge: MatchPosition) => boolean): void {
  for (;;) {
    const startedAt = performance.now();
    const rows = snapshot(() => {
      const some = read();
      take(some.filter(accepts).map(toMatch));
      return some;
    });
    const edge = rows.at(-1);
    if (edge === undefined || rows.length < WALK_ROWS || !goOn(toMatch(edge))) return;
    giveWay(performance.now() - startedAt);
  }
}

function newestSeq(prepare: Prepare): number {
  return Number(prepare("SELECT max(seq) AS last FROM messages").get()?.["last"] ?? 0);
}

function prepareScan(prepare: Prepare, sql: string): StatementSync {
  const statement = prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

function toMatch({ 0: seq, 1: ts, 2: messageId }: Scanned): MatchPosition {
  return { seq: Number(seq), key: sortKey(String(ts)), messageId: String(messageId) };
}

/** The messages at these positions, as far as they still exist. */
export function fetchAll(prepare: Prepare, matches: readonly MatchPosition[]): StoredMessage[] {
  const bySeq = prepare(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE seq = ?`);
  return matches.flatMap(({ seq }) => {
    const row = bySeq.get(seq);
    return row === undefined ? [] : [toStoredMessage(row)];
  });
}

/** Whether a row matches all filters. */
function acceptsRow(filter: MessageFilter): (row: Scanned) => boolean {
  const matches = createMatcher(filter);
  return ({ 1: ts, 3: text, 4: from, 5: to }) =>
    matches({ ts: String(ts), text: typeof text === "string" ? text : null, from: String(from), to: String(to) });
}
