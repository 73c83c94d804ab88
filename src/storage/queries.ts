import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { MessagePage, MessageQuery, Stats, StoredMessage } from "../core/message.ts";
import { createPages } from "./pages.ts";
import { MESSAGE_COLUMNS, tailBehind, toStoredMessage } from "./rows.ts";
import { createSearch } from "./search.ts";
import { createTimeCounts } from "./time-counts.ts";

/** The reads of the service on one read-only connection; each sees one snapshot of the database. */
export interface Queries {
  list(query: MessageQuery): MessagePage;
  get(messageId: string): StoredMessage | undefined;
  stats(): Stats;
  /** How many messages are stored. */
  count(): number;
}

const TOP_SENDERS = 10;
const UNCOUNTED = tailBehind("count_mark");

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
  const timeCounts = createTimeCounts(prepare);
  const page = createPages(prepare, timeCounts);
  const search = createSearch(prepare, snapshot);

  function snapshot<T>(read: () => T): T {
    db.exec("BEGIN");
    try {
      return read();
    } finally {
      if (db.isTransaction) db.exec("COMMIT");
    }
  }

  /** A sender outside the counted ten who is not in the tail cannot be among the true ten. */
  function topSenders(): Stats["messages_per_sender"] {
    const rows = prepare(`
      WITH tail AS (SELECT from_msisdn, count(*) AS added FROM ${UNCOUNTED} GROUP BY from_msisdn),
      top AS (SELECT from_msisdn FROM sender_counts ORDER BY count DESC, from_msisdn LIMIT ${TOP_SENDERS}),
      ranked AS (SELECT from_msisdn FROM top UNION SELECT from_msisdn FROM tail)
      SELECT from_msisdn AS sender, coalesce(sender_counts.count, 0) + coalesce(tail.added, 0) AS total
      FROM ranked LEFT JOIN sender_counts USING (from_msisdn) LEFT JOIN tail USING (from_msisdn)
      ORDER BY total DESC, sender LIMIT ${TOP_SENDERS}`).all();
    return rows.map((row) => ({ from: String(row["sender"]), count: Number(row["total"]) }));
  }

  function sendersCount(): number {
    const row = prepare(`
      SELECT senders + (SELECT count(DISTINCT from_msisdn) FROM ${UNCOUNTED}
        AND from_msisdn NOT IN (SELECT from_msisdn FROM sender_counts)) AS value FROM index_state`).get();
    return Number(row?.["value"]);
  }

  function edge(direction: "ASC" | "DESC"): string | null {
    const row = prepare(`SELECT ts FROM messages ORDER BY rtrim(ts, 'Z') ${direction}, message_id ${direction} LIMIT 1`).get();
    return row === undefined ? null : String(row["ts"]);
  }

  return {
    list: (query) => (query.q === undefined ? snapshot(() => page(query)) : search({ ...query, q: query.q })),
    get(messageId) {
      const row = prepare(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE message_id = ?`).get(messageId);
      return row === undefined ? undefined : toStoredMessage(row);
    },
    stats: () =>
      snapshot(() => ({
        total_messages: timeCounts.countAll(),
        senders_count: sendersCount(),
        messages_per_sender: topSenders(),
        first_message_ts: edge("ASC"),
        last_message_ts: edge("DESC"),
      })),
    count: () => snapshot(() => timeCounts.countAll()),
  };
}
