import { performance } from "node:perf_hooks";
import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { createMatcher } from "../../../core/filter.ts";
import type { StoredMessage } from "../../../core/message.ts";
import { comparePositions, compareText, LAST, sortKey, type KeysetPosition } from "../../../core/order.ts";
import type { MessagePage, MessageQuery } from "../../../core/queries.ts";
import type { Cancellation } from "../cancellation.ts";
import { trigramQuery } from "../index/fold.ts";
import { createGiveWay } from "./give-way.ts";
import { nextOf } from "./pages.ts";
import { MESSAGE_COLUMNS, toStoredMessage, type Prepare } from "./rows.ts";

/** Beyond so many candidates a walk in the order of the answer is cheaper than fetching and sorting them. */
const MAX_CANDIDATES = 200_000;
/** Rows looked at in one read transaction of a walk: an open one keeps the WAL from being checkpointed. */
const WALK_ROWS = 5_000;
/** After so many candidates it is looked whether somebody still waits. */
const CHECK_ROWS = 1_000;

/** What is looked at of each row, as an array: as objects a search of every row took twice as long. */
const SCANNED = "seq, ts, message_id, text, from_msisdn, to_msisdn";
type Scanned = Readonly<Record<number, SQLOutputValue>>;

type Snapshot = <T>(read: () => T) => T;

export interface SearchOptions {
  readonly snapshot: Snapshot;
  readonly cancellation: Cancellation;
}

/** Rows that the index points to. */
interface Candidates {
  readonly derived: string;
  readonly values: readonly SQLInputValue[];
}

interface Match extends KeysetPosition {
  readonly seq: number;
}

/**
 * What no index answers at once, substrings above all, with an exact `total`. The trigram index, or the sender where there
 * is no phrase long enough for it, narrows the rows down; every candidate and every row without an index is then compared in full. What
 * cannot be narrowed down is looked for in all rows, in short transactions, up to the newest row at its start. Throws `Cancelled`
 * soon after nobody waits for it any more.
 */
export function createSearch(prepare: Prepare, { snapshot, cancellation }: SearchOptions): (query: MessageQuery) => MessagePage {
  const giveWay = createGiveWay(prepare, cancellation);
  return (query) => {
    const candidates = candidatesFor(query);
    const found = candidates === undefined ? undefined : snapshot(() => searchAmong(prepare, query, { candidates, cancellation }));
    return found ?? walk(prepare, query, { snapshot, giveWay });
  };
}

function candidatesFor({ q, from }: MessageQuery): Candidates | undefined {
  const trigrams = q === undefined ? undefined : trigramQuery(q);
  if (trigrams !== undefined) {
    const derived = "SELECT rowid AS hit FROM messages_search WHERE messages_search MATCH ?";
    return { derived, values: [trigrams] };
  }
  if (from === undefined) return undefined;
  return { derived: "SELECT seq AS hit FROM sender_messages WHERE from_msisdn = ?", values: [from] };
}

interface SearchAmong {
  readonly candidates: Candidates;
  readonly cancellation: Cancellation;
}

function searchAmong(prepare: Prepare, query: MessageQuery, { candidates, cancellation }: SearchAmong): MessagePage | undefined {
  const accepts = acceptsRow(query);
  const matches: Match[] = [];
  /** Returns how many rows it has looked at. */
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

  const { after, order, offset, limit } = query;
  const sign = order === "desc" ? -1 : 1;
  matches.sort((a, b) => sign * comparePositions(a, b));
  const following = after === undefined ? matches : matches.filter((one) => sign * comparePositions(one, after) > 0);
  const data = fetchAll(prepare, following.slice(offset, offset + limit));
  return { data, total: matches.length, ...(following.length > offset + limit && nextOf(data)) };
}

function prepareScan(prepare: Prepare, sql: string): StatementSync {
  const statement = prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

function toMatch({ 0: seq, 1: ts, 2: messageId }: Scanned): Match {
  return { seq: Number(seq), key: sortKey(String(ts)), messageId: String(messageId) };
}

function fetchAll(prepare: Prepare, matches: readonly Match[]): StoredMessage[] {
  const bySeq = prepare(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE seq = ?`);
  return matches.flatMap(({ seq }) => {
    const row = bySeq.get(seq);
    return row === undefined ? [] : [toStoredMessage(row)];
  });
}

/** Whether a row matches all filters. */
function acceptsRow(query: MessageQuery): (row: Scanned) => boolean {
  const matches = createMatcher(query);
  return ({ 1: ts, 3: text, 4: from, 5: to }) =>
    matches({ ts: String(ts), text: typeof text === "string" ? text : null, from: String(from), to: String(to) });
}

interface WalkOptions {
  readonly snapshot: Snapshot;
  /** Called between two transactions with the time that the first one took, in milliseconds. */
  readonly giveWay: (workedMs: number) => void;
}

function walk(prepare: Prepare, query: MessageQuery, { snapshot, giveWay }: WalkOptions): MessagePage {
  const accepts = acceptsRow(query);
  const { since, until, after, order = "asc", offset, limit } = query;
  const sign = order === "asc" ? 1 : -1;
  const last = Number(prepare("SELECT max(seq) AS last FROM messages").get()?.["last"] ?? 0);
  const [further, by] = order === "asc" ? [">", "ASC"] : ["<", "DESC"];
  const statement = prepareScan(
    prepare,
    `SELECT ${SCANNED} FROM messages
    WHERE rtrim(ts, 'Z') ${further}= ?1 AND (rtrim(ts, 'Z') ${further} ?1 OR message_id ${further} ?2) AND seq <= ?3
    ORDER BY rtrim(ts, 'Z') ${by}, message_id ${by} LIMIT ${WALK_ROWS}`,
  );
  const low = since === undefined ? "" : sortKey(since);
  const high = until === undefined ? LAST : sortKey(until);
  const data: StoredMessage[] = [];
  let total = 0;
  let following = 0;
  let place: KeysetPosition = { key: order === "asc" ? low : high, messageId: "" };

  function lookAtMore(): readonly Scanned[] {
    const rows = statement.all(place.key, place.messageId, last);
    const page: Match[] = [];
    for (const row of rows) {
      if (!accepts(row)) continue;
      const match = toMatch(row);
      total += 1;
      if (after !== undefined && sign * comparePositions(match, after) <= 0) continue;
      if (following >= offset && following < offset + limit) page.push(match);
      following += 1;
    }
    data.push(...fetchAll(prepare, page));
    return rows;
  }

  for (;;) {
    const startedAt = performance.now();
    const rows = snapshot(lookAtMore);
    const edge = rows.at(-1);
    const isOver = edge === undefined || rows.length < WALK_ROWS;
    if (!isOver) place = toMatch(edge);
    // What lies beyond the range cannot match.
    if (isOver || (order === "asc" ? compareText(place.key, high) >= 0 : compareText(place.key, low) < 0)) {
      return { data, total, ...(following > offset + limit && nextOf(data)) };
    }
    giveWay(performance.now() - startedAt);
  }
}
