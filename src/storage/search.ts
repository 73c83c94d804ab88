import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import type { MessagePage, MessageQuery } from "../core/message.ts";
import { containsMatcher, trigramQuery } from "./fold.ts";
import { MESSAGE_COLUMNS, messageFilter, sortKey, toStoredMessage } from "./rows.ts";

/** Beyond so many candidates a walk in the order of the answer is cheaper than fetching and sorting them. */
const MAX_CANDIDATES = 200_000;
/** Rows looked at in one read transaction of a walk: an open one keeps the WAL from being checkpointed. */
const WALK_ROWS = 5_000;

type SearchQuery = MessageQuery & { readonly q: string };
type Prepare = (sql: string) => StatementSync;
type Snapshot = <T>(read: () => T) => T;

interface Match {
  readonly seq: number;
  readonly key: string;
  readonly messageId: string;
}

/**
 * Substring search with an exact `total`. The trigram index narrows the rows down, every candidate and
 * every row behind the index's mark is then compared in full. A phrase that the index cannot narrow
 * down is looked for in all rows, in short transactions, up to the newest row at its start.
 */
export function createSearch(prepare: Prepare): (query: SearchQuery, snapshot: Snapshot) => MessagePage {
  return (query, snapshot) => {
    const trigrams = trigramQuery(query.q);
    const found = trigrams === undefined ? undefined : snapshot(() => searchIndex(prepare, query, trigrams));
    return found ?? walk(prepare, query, snapshot);
  };
}

function searchIndex(prepare: Prepare, query: SearchQuery, trigrams: string): MessagePage | undefined {
  const contains = containsMatcher(query.q);
  const since = query.since === undefined ? "" : sortKey(query.since);
  const columns = "seq, from_msisdn, rtrim(ts, 'Z') AS key, message_id, messages.text";
  const matches: Match[] = [];
  /** Returns how many rows it has looked at. */
  function collect(rows: Iterable<Record<string, SQLOutputValue>>): number {
    let seen = 0;
    for (const row of rows) {
      seen += 1;
      const key = String(row["key"]);
      if (key < since || (query.from !== undefined && query.from !== row["from_msisdn"])) continue;
      if (contains(String(row["text"]))) matches.push({ seq: Number(row["seq"]), key, messageId: String(row["message_id"]) });
    }
    return seen;
  }
  const candidates = prepare(
    `SELECT ${columns} FROM messages_search CROSS JOIN messages ON seq = messages_search.rowid
    WHERE messages_search MATCH ? LIMIT ${MAX_CANDIDATES + 1}`,
  );
  if (collect(candidates.iterate(trigrams)) > MAX_CANDIDATES) return undefined;
  const tail = `SELECT ${columns} FROM messages NOT INDEXED WHERE seq > (SELECT search_mark FROM index_state) AND text IS NOT NULL`;
  collect(prepare(tail).iterate());

  matches.sort((a, b) => (a.key === b.key ? compareCodePoints(a.messageId, b.messageId) : a.key < b.key ? -1 : 1));
  const bySeq = prepare(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE seq = ?`);
  const data = matches.slice(query.offset, query.offset + query.limit).flatMap(({ seq }) => {
    const row = bySeq.get(seq);
    return row === undefined ? [] : [toStoredMessage(row)];
  });
  return { data, total: matches.length };
}

function walk(prepare: Prepare, query: SearchQuery, snapshot: Snapshot): MessagePage {
  const contains = containsMatcher(query.q);
  const last = Number(prepare("SELECT max(seq) AS last FROM messages").get()?.["last"] ?? 0);
  const filter = messageFilter(
    { from: query.from, key: query.since === undefined ? "" : sortKey(query.since) },
    "(rtrim(ts, 'Z') > ? OR message_id > ?)",
    "seq <= ?",
  );
  const statement = prepare(
    `SELECT ${MESSAGE_COLUMNS} FROM messages ${filter.where} ORDER BY rtrim(ts, 'Z'), message_id LIMIT ${WALK_ROWS}`,
  );
  const data: MessagePage["data"][number][] = [];
  let total = 0;
  let values: readonly SQLInputValue[] = [...filter.values, "", "", last];
  for (;;) {
    const rows = snapshot(() => statement.all(...values));
    for (const row of rows) {
      if (row["text"] === null || !contains(String(row["text"]))) continue;
      if (total >= query.offset && data.length < query.limit) data.push(toStoredMessage(row));
      total += 1;
    }
    const edge = rows.at(-1);
    if (edge === undefined || rows.length < WALK_ROWS) return { data, total };
    const key = sortKey(String(edge["ts"]));
    values = [...filter.values.slice(0, -1), key, key, String(edge["message_id"]), last];
  }
}

/** Code point order is the order of UTF-8 bytes, in which SQLite compares text; that of UTF-16 units differs. */
function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
