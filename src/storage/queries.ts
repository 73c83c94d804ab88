import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { MessagePage, MessageQuery, Stats, StoredMessage } from "../core/message.ts";
import { createSearch } from "./search.ts";
import { MESSAGE_COLUMNS, messageFilter, toStoredMessage } from "./rows.ts";

/** The reads of the service on one read-only connection; each sees one snapshot of the database. */
export interface Queries {
  list(query: MessageQuery): MessagePage;
  get(messageId: string): StoredMessage | undefined;
  stats(): Stats;
  /** How many messages are stored. */
  count(): number;
}

const TOP_SENDERS = 10;

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
    return number(`SELECT messages + (SELECT count(*) FROM messages WHERE seq > mark) AS value FROM index_state`);
  }

  function countMatching(query: MessageQuery): number {
    if (query.since !== undefined) {
      const { where, values } = messageFilter(query);
      return number(`SELECT count(*) AS value FROM messages ${where}`, ...values);
    }
    if (query.from === undefined) return countAll();
    return number(
      `SELECT coalesce((SELECT count FROM sender_counts WHERE from_msisdn = ?1), 0)
        + (SELECT count(*) FROM messages WHERE seq > (SELECT mark FROM index_state) AND from_msisdn = ?1) AS value`,
      query.from,
    );
  }

  function page(query: MessageQuery): MessagePage {
    const { where, values } = messageFilter(query);
    const rows = prepare(
      `SELECT ${MESSAGE_COLUMNS} FROM messages ${where} ORDER BY rtrim(ts, 'Z'), message_id LIMIT ? OFFSET ?`,
    ).all(...values, query.limit, query.offset);
    return { data: rows.map(toStoredMessage), total: countMatching(query) };
  }

  /** A sender outside the derived top ten whose tail is empty cannot be among the true ten: the tail's senders and the ten are all there is to rank. */
  function topSenders(): Stats["messages_per_sender"] {
    const rows = prepare(`
      WITH tail AS (
        SELECT from_msisdn, count(*) AS added FROM messages
        WHERE seq > (SELECT mark FROM index_state) GROUP BY from_msisdn),
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
          SELECT senders + (SELECT count(DISTINCT from_msisdn) FROM messages
            WHERE seq > mark AND from_msisdn NOT IN (SELECT from_msisdn FROM sender_counts)) AS value FROM index_state`),
        messages_per_sender: topSenders(),
        first_message_ts: edge("ASC"),
        last_message_ts: edge("DESC"),
      })),
    count: () => snapshot(countAll),
  };
}
