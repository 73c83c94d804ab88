import type { StoredMessage } from "../../core/message.ts";
import type { ExportPage, ExportQuery, MessagePage, MessageQuery, SequencedPage, Stats, Timeline, TimelineQuery } from "../../core/queries.ts";
import { StoreUnavailable } from "../../core/store.ts";
import type { Connection } from "../../postgres/connection.ts";
import type { Statement } from "../../postgres/frontend.ts";
import type { Pool } from "../../postgres/pool.ts";
import { COUNT_ALL, TAIL } from "./counts.ts";
import { isLostRead } from "./failures.ts";
import type { Fold } from "./fold.ts";
import { readPage, type Read } from "./pages.ts";
import { MESSAGE_COLUMNS, numberAt, payloadAt, toStoredMessage } from "./rows.ts";
import { search } from "./search.ts";
import { readStats, readTimeline } from "./stats.ts";
import { escapeText } from "./text.ts";
import { LAST_SEQUENCE, readExportPage, readSince } from "./walks.ts";

/** The server ends a statement that takes longer … */
const STATEMENT_TIMEOUT_MS = 10_000;
/** … and a connection that says nothing even then is given up. */
const DEADLINE_MS = 15_000;

const BEGIN: readonly Statement[] = [
  { sql: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" },
  { sql: `SELECT set_config('statement_timeout', '${STATEMENT_TIMEOUT_MS}', true)` },
];

/** The reads of the service. Each sees one snapshot; each rejects with StoreUnavailable if the database cannot tell. */
export interface Queries {
  list(query: MessageQuery): Promise<MessagePage>;
  get(messageId: string): Promise<StoredMessage | undefined>;
  payload(messageId: string): Promise<string | undefined>;
  stats(): Promise<Stats>;
  timeline(query: TimelineQuery): Promise<Timeline>;
  count(): Promise<number>;
  exportPage(query: ExportQuery): Promise<ExportPage>;
  /** Messages after `seq` in the order of commits: at most `limit`, and fewer if they are large. */
  since(seq: number, limit: number, options?: { readonly payload?: boolean }): Promise<SequencedPage>;
  /** The `seq` of the newest message, also if it has been removed. */
  lastSequence(): Promise<number>;
}

export interface QueryPools {
  /** For what an index tells at once. */
  readonly lookups: Pool;
  /** For what may look at every row. */
  readonly searches: Pool;
}

export function createQueries({ lookups, searches }: QueryPools, fold: Fold): Queries {
  const isSearch = (query: MessageQuery): boolean => query.q !== undefined || query.to !== undefined;
  return {
    list: (query) =>
      isSearch(query) ? snapshot(searches, (read) => search(read, query, fold)) : snapshot(lookups, (read) => readPage(read, query)),
    get: (messageId) =>
      snapshot(lookups, async (read) => {
        const sql = `SELECT ${MESSAGE_COLUMNS} FROM messages AS m WHERE message_id = $1`;
        const [rows] = await read([{ sql, values: [escapeText(messageId)] }]);
        return rows?.[0] && toStoredMessage(rows[0]);
      }),
    payload: (messageId) =>
      snapshot(lookups, async (read) => {
        const [rows] = await read([{ sql: "SELECT payload FROM messages WHERE message_id = $1", values: [escapeText(messageId)] }]);
        return rows?.[0] && (payloadAt(rows[0], 0).payload ?? undefined);
      }),
    stats: () => snapshot(lookups, readStats),
    timeline: (query) => snapshot(lookups, (read) => readTimeline(read, query)),
    count: () => snapshot(lookups, (read) => number(read, `WITH ${TAIL} SELECT ${COUNT_ALL}`)),
    exportPage: (query) => snapshot(searches, (read) => readExportPage(read, query, fold)),
    since: (seq, limit, options = {}) => snapshot(lookups, (read) => readSince(read, seq, { ...options, limit })),
    lastSequence: () => snapshot(lookups, (read) => number(read, `SELECT ${LAST_SEQUENCE}`)),
  };
}

async function number(read: Read, sql: string): Promise<number> {
  const [rows] = await read([{ sql }]);
  return numberAt(rows?.[0], 0);
}

/** One that loses its connection is tried once more: by then there may be another primary. */
async function snapshot<T>(pool: Pool, work: (read: Read) => Promise<T>): Promise<T> {
  const once = (): Promise<T> => pool.use((connection) => inTransaction(connection, work));
  try {
    return await once().catch((error: unknown) => (isLostRead(error) ? once() : Promise.reject(error)));
  } catch (error) {
    throw new StoreUnavailable(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function inTransaction<T>(connection: Connection, work: (read: Read) => Promise<T>): Promise<T> {
  let isBegun = false;
  const value = await work(async (statements) => {
    const start = isBegun ? [] : BEGIN;
    isBegun = true;
    const { results } = await connection.run([...start, ...statements], { deadlineMs: DEADLINE_MS });
    return results.slice(start.length).map(({ rows }) => rows);
  });
  await connection.run([{ sql: "COMMIT" }], { deadlineMs: DEADLINE_MS });
  return value;
}
