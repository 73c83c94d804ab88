import type { Stats } from "../../src/core/queries.ts";
import { sameContent, type Attempt, type Content, type Ledger } from "./ledger.ts";

export interface Row extends Content {
  readonly created_at: string;
}

/** The result of a search: its first page and its total. */
export interface Search {
  readonly q: string;
  readonly ids: readonly string[];
  readonly total: number;
}

/** The list of one sender: its first page, in order, and its total. */
export interface SenderList {
  readonly from: string;
  readonly ids: readonly string[];
  readonly total: number;
}

/** Everything observed of an idle service: its file and its responses. */
export interface Observation {
  /** Read from the file, unordered. */
  readonly rows: readonly Row[];
  /** The lines of `PRAGMA integrity_check`. */
  readonly integrity: readonly string[];
  readonly stats: Stats;
  /** Of `GET /messages` without a filter. */
  readonly total: number;
  /** The gauge `webhook_stored_messages`. */
  readonly gauge: number;
  readonly searches: readonly Search[];
  readonly lists: readonly SenderList[];
  /** The responses of `GET /messages/{message_id}` for some rows. */
  readonly single: readonly Row[];
}

export type ProblemKind =
  | "lost"
  | "doubled"
  | "changed"
  | "never_sent"
  | "refused_but_stored"
  | "came_back"
  | "integrity"
  | "counters"
  | "search"
  | "list"
  | "read";

export interface Problem {
  readonly kind: ProblemKind;
  readonly detail: string;
}

/** Problems of derived data: unlike those of rows, they may be repaired. */
export const DERIVED: ReadonlySet<ProblemKind> = new Set(["counters", "search", "list", "read"]);

/** The page that searches and lists request. */
export const PAGE_LIMIT = 100;

/** What earlier checks have found. */
export interface Known {
  /** The rows of an earlier observation: none may be missing or changed. */
  readonly before?: ReadonlyMap<string, Row>;
  /** Ids of messages that retention removed: none may reappear. */
  readonly removed?: ReadonlySet<string>;
}

/**
 * Compares a service with what its clients know: every message that got 200 exists exactly once, with the content first accepted;
 * nothing else exists, except messages in doubt; counters equal the rows; searches and lists of senders find the rows. Returns what
 * is wrong.
 */
export function check(ledger: Ledger, seen: Observation, known: Known = {}): readonly Problem[] {
  return [...checkRows(ledger, seen, known), ...checkCounters(seen), ...checkSearches(seen), ...checkLists(seen), ...checkSingle(seen)];
}

export function byId(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.message_id, row]));
}

function checkRows(ledger: Ledger, seen: Observation, { before = new Map(), removed = new Set() }: Known): readonly Problem[] {
  const problems: Problem[] = [];
  function report(kind: ProblemKind, id: string, detail: string): void {
    problems.push({ kind, detail: `${id}: ${detail}` });
  }
  if (seen.integrity.join() !== "ok") problems.push({ kind: "integrity", detail: seen.integrity.join("; ") });

  const ids = new Set<string>();
  for (const row of seen.rows) {
    const id = row.message_id;
    if (ids.has(id)) report("doubled", id, "there is more than one row");
    ids.add(id);
    if (removed.has(id)) report("came_back", id, "it had been removed");
    const attempts = ledger.attempts.get(id);
    if (attempts === undefined) report("never_sent", id, "nobody sent it");
    else explainContent(row, attempts, report);
    const earlier = before.get(id);
    if (earlier !== undefined && !sameRow(earlier, row)) report("changed", id, "the row has changed");
  }
  for (const [id, attempts] of ledger.attempts) {
    if (!ids.has(id) && !removed.has(id) && attempts.some(isStored)) report("lost", id, "it got 200 but does not exist");
  }
  for (const id of before.keys()) if (!ids.has(id) && !removed.has(id)) report("lost", id, "it existed before");
  return problems;
}

/**
 * Some request with the content of the row must have been sent, must not have been refused, and must not have begun after another
 * content was accepted.
 */
function explainContent(row: Row, attempts: readonly Attempt[], report: (kind: ProblemKind, id: string, detail: string) => void): void {
  const own = attempts.filter(({ content }) => sameContent(content, row));
  const possible = own.find(({ end }) => end?.outcome !== "refused");
  if (own.length === 0) report("changed", row.message_id, "nobody sent this content");
  else if (possible === undefined) report("refused_but_stored", row.message_id, "it only ever got 503");
  else {
    const earlier = attempts.find((other) => isStored(other) && (other.end?.at ?? Infinity) < possible.sentAt);
    if (earlier !== undefined && !sameContent(earlier.content, row)) report("changed", row.message_id, "another content was accepted before");
  }
}

function isStored({ end }: Attempt): boolean {
  return end?.outcome === "stored";
}

function sameRow(a: Row, b: Row): boolean {
  return sameContent(a, b) && a.created_at === b.created_at;
}

function checkCounters({ rows, stats, total, gauge }: Observation): readonly Problem[] {
  const senders = new Map<string, number>();
  for (const { from } of rows) senders.set(from, (senders.get(from) ?? 0) + 1);
  const ranked = [...senders].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  // Without its Z, the text sorts by time.
  const times = rows.map(({ ts }) => ts.slice(0, -1)).sort();
  const expected: Stats = {
    total_messages: rows.length,
    senders_count: senders.size,
    messages_per_sender: ranked.slice(0, 10).map(([from, count]) => ({ from, count })),
    first_message_ts: times[0] === undefined ? null : `${times[0]}Z`,
    last_message_ts: times[0] === undefined ? null : `${times.at(-1)}Z`,
  };
  const pairs = [
    ["/stats", JSON.stringify(stats), JSON.stringify(expected)],
    ["total", String(total), String(rows.length)],
    ["webhook_stored_messages", String(gauge), String(rows.length)],
  ] as const;
  return pairs.flatMap(([what, given, counted]) =>
    given === counted ? [] : [{ kind: "counters", detail: `${what} is ${given}, the rows give ${counted}` }],
  );
}

function checkSearches({ rows, searches }: Observation): readonly Problem[] {
  return searches.flatMap(({ q, ids, total }): readonly Problem[] => {
    // Simple case folding is what ECMAScript's `iu` does.
    const wanted = new RegExp(RegExp.escape(q), "iu");
    const matches = new Set(rows.filter(({ text }) => text !== null && wanted.test(text)).map((row) => row.message_id));
    const page = Math.min(matches.size, PAGE_LIMIT);
    const right = total === matches.size && ids.length === page && new Set(ids).size === page && ids.every((id) => matches.has(id));
    return right ? [] : [{ kind: "search", detail: `${JSON.stringify(q)} gives ${ids.length} of ${total}, the rows give ${matches.size}` }];
  });
}

/** A list is ordered by time, then by id; ids are all ASCII here. */
function checkLists({ rows, lists }: Observation): readonly Problem[] {
  return lists.flatMap(({ from, ids, total }): readonly Problem[] => {
    const own = rows.filter((row) => row.from === from);
    // Without its Z, the text sorts by time.
    const place = ({ ts, message_id }: Row): string => `${ts.slice(0, -1)} ${message_id}`;
    const ordered = own.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)).slice(0, PAGE_LIMIT);
    const right = total === own.length && ids.join("\n") === ordered.map((row) => row.message_id).join("\n");
    return right ? [] : [{ kind: "list", detail: `${from} has ${ids.length} of ${total}, the rows give ${own.length}` }];
  });
}

function checkSingle({ rows, single }: Observation): readonly Problem[] {
  const stored = byId(rows);
  return single.flatMap((message) => {
    const row = stored.get(message.message_id);
    return row !== undefined && sameRow(row, message) ? [] : [{ kind: "read", detail: `${message.message_id}: the API gives another row than the file` }];
  });
}
