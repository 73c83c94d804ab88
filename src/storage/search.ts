import { performance } from "node:perf_hooks";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { MessagePage, MessageQuery } from "../core/message.ts";
import { containsMatcher, trigramQuery } from "./fold.ts";
import { createGiveWay } from "./give-way.ts";
import { compareKeys, MESSAGE_COLUMNS, sortKey, tailBehind, toStoredMessage, type Prepare } from "./rows.ts";

/** Beyond so many candidates a walk in the order of the answer is cheaper than fetching and sorting them. */
const MAX_CANDIDATES = 200_000;
/** Rows looked at in one read transaction of a walk: an open one keeps the WAL from being checkpointed. */
const WALK_ROWS = 5_000;

type SearchQuery = MessageQuery & { readonly q: string };
type Snapshot = <T>(read: () => T) => T;

/** Where to look for matches: rows that something derived points to, and the rows behind its mark. */
interface Candidates {
  readonly derived: string;
  readonly values: readonly SQLInputValue[];
  readonly mark: "search_mark" | "sender_mark";
}

interface Match {
  readonly seq: number;
  readonly key: string;
  readonly messageId: string;
}

/**
 * Substring search with an exact `total`. The trigram index, or the sender for a phrase too short for it,
 * narrows the rows down; every candidate and every row behind the mark is then compared in full. What
 * cannot be narrowed down is looked for in all rows, in short transactions, up to the newest row at its start.
 */
export function createSearch(prepare: Prepare, snapshot: Snapshot): (query: SearchQuery) => MessagePage {
  const giveWay = createGiveWay(prepare);
  return (query) => {
    const candidates = candidatesFor(query);
    const found = candidates === undefined ? undefined : snapshot(() => searchAmong(prepare, query, candidates));
    return found ?? walk(prepare, query, { snapshot, giveWay });
  };
}

function candidatesFor({ q, from }: SearchQuery): Candidates | undefined {
  const trigrams = trigramQuery(q);
  if (trigrams !== undefined) {
    const derived = "SELECT rowid AS hit FROM messages_search WHERE messages_search MATCH ?";
    return { derived, values: [trigrams], mark: "search_mark" };
  }
  if (from === undefined) return undefined;
  return { derived: "SELECT seq AS hit FROM sender_messages WHERE from_msisdn = ?", values: [from], mark: "sender_mark" };
}

function searchAmong(prepare: Prepare, query: SearchQuery, candidates: Candidates): MessagePage | undefined {
  const contains = containsMatcher(query.q);
  const accepts = acceptsRow(query);
  const columns = "seq, from_msisdn, ts, message_id, text";
  const matches: Match[] = [];
  /** Returns how many rows it has looked at. */
  function collect(rows: Iterable<Record<string, SQLOutputValue>>): number {
    let seen = 0;
    for (const row of rows) {
      seen += 1;
      const { seq, from_msisdn: from, ts, message_id: messageId, text } = row;
      if (text === null || !accepts(String(from), String(ts)) || !contains(String(text))) continue;
      matches.push({ seq: Number(seq), key: sortKey(String(ts)), messageId: String(messageId) });
    }
    return seen;
  }
  const derived = `SELECT ${columns} FROM (${candidates.derived} LIMIT ${MAX_CANDIDATES + 1}) CROSS JOIN messages ON seq = hit`;
  if (collect(prepare(derived).iterate(...candidates.values)) > MAX_CANDIDATES) return undefined;
  collect(prepare(`SELECT ${columns} FROM ${tailBehind(candidates.mark)}`).iterate());

  matches.sort(compareKeys);
  const bySeq = prepare(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE seq = ?`);
  const data = matches.slice(query.offset, query.offset + query.limit).flatMap(({ seq }) => {
    const row = bySeq.get(seq);
    return row === undefined ? [] : [toStoredMessage(row)];
  });
  return { data, total: matches.length };
}

function acceptsRow(query: SearchQuery): (from: string, ts: string) => boolean {
  const since = query.since === undefined ? undefined : sortKey(query.since);
  return (from, ts) =>
    (query.from === undefined || query.from === from) && (since === undefined || sortKey(ts) >= since);
}

interface WalkOptions {
  readonly snapshot: Snapshot;
  /** Called between two transactions with the time that the first one took, in milliseconds. */
  readonly giveWay: (workedMs: number) => void;
}

function walk(prepare: Prepare, query: SearchQuery, { snapshot, giveWay }: WalkOptions): MessagePage {
  const contains = containsMatcher(query.q);
  const accepts = acceptsRow(query);
  const last = Number(prepare("SELECT max(seq) AS last FROM messages").get()?.["last"] ?? 0);
  const statement = prepare(
    `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE rtrim(ts, 'Z') >= ?1 AND (rtrim(ts, 'Z') > ?1 OR message_id > ?2) AND seq <= ?3
    ORDER BY rtrim(ts, 'Z'), message_id LIMIT ${WALK_ROWS}`,
  );
  const data: MessagePage["data"][number][] = [];
  let total = 0;
  let key = query.since === undefined ? "" : sortKey(query.since);
  let messageId = "";
  for (;;) {
    const startedAt = performance.now();
    const rows = snapshot(() => statement.all(key, messageId, last));
    for (const row of rows) {
      if (row["text"] === null || !accepts(String(row["from_msisdn"]), String(row["ts"])) || !contains(String(row["text"]))) continue;
      if (total >= query.offset && data.length < query.limit) data.push(toStoredMessage(row));
      total += 1;
    }
    const edge = rows.at(-1);
    if (edge === undefined || rows.length < WALK_ROWS) return { data, total };
    key = sortKey(String(edge["ts"]));
    messageId = String(edge["message_id"]);
    giveWay(performance.now() - startedAt);
  }
}
