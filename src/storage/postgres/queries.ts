import type { MessageFilter } from "../../core/filter.ts";
import type { StoredMessage } from "../../core/message.ts";
import type {
  ExportPage, ExportQuery, MessagePage, MessageQuery, ReceivedPage, ReceivedQuery, SequencedPage, Stats, Timeline, TimelineQuery,
} from "../../core/queries.ts";
import type { History, ReadOptions } from "../../core/store.ts";
import type { Pool } from "../../postgres/pool.ts";
import { COUNT_ALL, UNCOUNTED } from "./counts.ts";
import type { Fold } from "./fold.ts";
import { indexedText } from "./indexed.ts";
import { readPage } from "./pages.ts";
import { readReceived } from "./received.ts";
import { readWith, type Read } from "./read.ts";
import { MESSAGE_COLUMNS, numberAt, payloadAt, toStoredMessage } from "./rows.ts";
import { readMatches } from "./search.ts";
import { readStats } from "./stats.ts";
import { readMatchingTimeline, readTimeline } from "./timeline.ts";
import { LAST_SEQUENCE, readExportPage, readHistory, readSince } from "./walks.ts";

/** The reads of the service. Each result reflects one moment. See `readWith` for rejections. */
export interface Queries {
  list(query: MessageQuery, options?: ReadOptions): Promise<MessagePage>;
  listReceived(query: ReceivedQuery, options?: ReadOptions): Promise<ReceivedPage>;
  get(messageId: string): Promise<StoredMessage | undefined>;
  payload(messageId: string): Promise<string | undefined>;
  stats(options?: ReadOptions): Promise<Stats>;
  timeline(query: TimelineQuery, options?: ReadOptions): Promise<Timeline>;
  count(): Promise<number>;
  exportPage(query: ExportQuery, options?: ReadOptions): Promise<ExportPage>;
  /** Messages after `seq` in commit order: at most `limit`, fewer if they are large. */
  since(seq: number, limit: number, options?: { readonly payload?: boolean }): Promise<SequencedPage>;
  /** The `seq` of the newest message, even if it was removed. */
  lastSequence(): Promise<number>;
  /** The generations of the database. */
  history(): Promise<History>;
}

export interface QuerySources {
  /** For reads that an index answers at once. */
  readonly lookups: Pool;
  /** For reads that may look at every row. */
  readonly searches: Pool;
  readonly stopping: AbortSignal;
}

/** Reads end once `stopping` is aborted. */
export function createQueries({ lookups, searches, stopping }: QuerySources, fold: Fold): Queries {
  type Work<T> = (read: Read) => Promise<T>;
  const until = ({ signal }: ReadOptions = {}): AbortSignal => (signal === undefined ? stopping : AbortSignal.any([signal, stopping]));
  const lookUp = <T>(work: Work<T>, options?: ReadOptions): Promise<T> => readWith(lookups, work, { signal: until(options) });
  const search = <T>(work: Work<T>, options?: ReadOptions): Promise<T> => readWith(searches, work, { signal: until(options) });
  const ofOneMoment = <T>(work: Work<T>, options?: ReadOptions): Promise<T> =>
    readWith(lookups, work, { signal: until(options), snapshot: true });

  const isSearch = ({ to, q }: MessageFilter): boolean => to !== undefined || q !== undefined;

  return {
    list: (query, options) =>
      !isSearch(query)
        ? ofOneMoment((read) => readPage(read, query), options)
        : search((read) => readMatches(read, query, fold), options),
    listReceived: (query, options) => (isSearch(query) ? search : ofOneMoment)((read) => readReceived(read, query, fold), options),
    get: (messageId) =>
      lookUp(async (read) => {
        const sql = `SELECT ${MESSAGE_COLUMNS} FROM messages AS m WHERE message_id = $1`;
        const [rows] = await read([{ sql, values: [indexedText(messageId)] }]);
        return rows?.[0] && toStoredMessage(rows[0]);
      }),
    payload: (messageId) =>
      lookUp(async (read) => {
        const [rows] = await read([{ sql: "SELECT payload FROM messages WHERE message_id = $1", values: [indexedText(messageId)] }]);
        return rows?.[0] && (payloadAt(rows[0], 0).payload ?? undefined);
      }),
    stats: (options) => ofOneMoment(readStats, options),
    timeline: (query, options) =>
      isSearch(query)
        ? search((read) => readMatchingTimeline(read, query, fold), options)
        : ofOneMoment((read) => readTimeline(read, query, fold), options),
    count: () => lookUp((read) => number(read, `WITH ${UNCOUNTED} SELECT ${COUNT_ALL}`)),
    exportPage: (query, options) => search((read) => readExportPage(read, query, fold), options),
    since: (seq, limit, options = {}) => lookUp((read) => readSince(read, seq, { ...options, limit })),
    lastSequence: () => lookUp((read) => number(read, `SELECT ${LAST_SEQUENCE}`)),
    history: () => lookUp(readHistory),
  };
}

async function number(read: Read, sql: string): Promise<number> {
  const [rows] = await read([{ sql }]);
  return numberAt(rows?.[0], 0);
}
