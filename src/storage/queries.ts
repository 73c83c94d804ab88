import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { MessagePage, MessageQuery, Stats, StoredMessage } from "../core/message.ts";
import { createSearch } from "./search.ts";
import { MESSAGE_COLUMNS, messageFilter, sortKey, toStoredMessage } from "./rows.ts";
import { createTimeCounts } from "./time-counts.ts";

/** The reads of the service on one read-only connection; each sees one snapshot of the database. */
export interface Queries {
  list(query: MessageQuery): MessagePage;
  get(messageId: string): StoredMessage | undefined;
  stats(): Stats;
  /** How many messages are stored. */
  count(): number;
}

interface Filters {
  readonly from?: string | undefined;
  readonly since?: string | undefined;
}

const TOP_SENDERS = 10;
/** An OFFSET walks what it skips; a greater one starts near its place instead. */
const MAX_SKIPPED_ROWS = 1_000;
/** The rows that are not counted yet. NOT INDEXED: they are few, an index in another order would be walked whole. */
const TAIL = "messages NOT INDEXED WHERE seq > (SELECT count_mark FROM index_state)";

export function createQueries(db: DatabaseSync): Queries {
  const prepared = new Map<string, StatementSync>();
  // The API makes a handful of distinct texts, so every one is prepared once.
  function prepare(sql: string): StatementSync {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  }
  const search = createSearch(prepare);
  const timeCounts = createTimeCounts(prepare);

  function snapshot<T>(read: () => T): T {
    db.exec("BEGIN");
    try {
      return read();
    } finally {
      if (db.isTransaction) db.exec("COMMIT");
    }
  }

  function number(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepare(sql).get(...values)?.["value"] ?? 0);
  }

  function countAll(): number {
    return number(`SELECT messages + (SELECT count(*) FROM ${TAIL}) AS value FROM index_state`);
  }

  function countMatching({ from, since }: Filters): number {
    if (since !== undefined) return timeCounts.countFrom({ from }, sortKey(since));
    if (from === undefined) return countAll();
    return number(
      `SELECT coalesce((SELECT count FROM sender_counts WHERE from_msisdn = ?1), 0)
        + (SELECT count(*) FROM ${TAIL} AND from_msisdn = ?1) AS value`,
      from,
    );
  }

  function page(query: MessageQuery): MessagePage {
    const { from, since, limit, offset } = query;
    const total = countMatching(query);
    if (offset >= total) return { data: [], total };
    let start = { key: since === undefined ? undefined : sortKey(since), skip: offset };
    if (offset > MAX_SKIPPED_ROWS) {
      const position = offset + (since === undefined ? 0 : countMatching({ from }) - total);
      const { key, before } = timeCounts.seek({ from }, position);
      start = { key, skip: position - before };
    }
    const { where, values } = messageFilter({ from, key: start.key });
    const rows = prepare(
      `SELECT ${MESSAGE_COLUMNS} FROM messages ${where} ORDER BY rtrim(ts, 'Z'), message_id LIMIT ? OFFSET ?`,
    ).all(...values, limit, start.skip);
    return { data: rows.map(toStoredMessage), total };
  }

  /** A sender outside the derived top ten whose tail is empty cannot be among the true ten: the tail's senders and the ten are all there is to rank. */
  function topSenders(): Stats["messages_per_sender"] {
    const rows = prepare(`
      WITH tail AS (
        SELECT from_msisdn, count(*) AS added FROM ${TAIL} GROUP BY from_msisdn),
      top AS (SELECT from_msisdn FROM sender_counts ORDER BY count DESC, from_msisdn LIMIT ${TOP_SENDERS}),
      ranked AS (SELECT from_msisdn FROM top UNION SELECT from_msisdn FROM tail)
      SELECT from_msisdn AS sender, coalesce(sender_counts.count, 0) + coalesce(tail.added, 0) AS total
      FROM ranked LEFT JOIN sender_counts USING (from_msisdn) LEFT JOIN tail USING (from_msisdn)
      ORDER BY total DESC, sender LIMIT ${TOP_SENDERS}`).all();
    return rows.map((row) => ({ from: String(row["sender"]), count: Number(row["total"]) }));
  }

  function edge(direction: "ASC" | "DESC"): string | null {
    const row = prepare(`SELECT ts FROM messages ORDER BY rtrim(ts, 'Z') ${direction}, message_id ${direction} LIMIT 1`).get();
    return row === undefined ? null : String(row["ts"]);
  }

  return {
    list: (query) => (query.q === undefined ? snapshot(() => page(query)) : search({ ...query, q: query.q }, snapshot)),
    get(messageId) {
      const row = prepare(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE message_id = ?`).get(messageId);
      return row === undefined ? undefined : toStoredMessage(row);
    },
    stats: () =>
      snapshot(() => ({
        total_messages: countAll(),
        senders_count: number(`
          SELECT senders + (SELECT count(DISTINCT from_msisdn) FROM ${TAIL}
            AND from_msisdn NOT IN (SELECT from_msisdn FROM sender_counts)) AS value FROM index_state`),
        messages_per_sender: topSenders(),
        first_message_ts: edge("ASC"),
        last_message_ts: edge("DESC"),
      })),
    count: () => snapshot(countAll),
  };
}
