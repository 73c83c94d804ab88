import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredMessage } from "../../../core/message.ts";
import type {
  ExportPage, ExportQuery, MessagePage, MessageQuery, ReceivedPage, ReceivedQuery, SequencedPage, Stats, Timeline, TimelineQuery,
} from "../../../core/queries.ts";
import type { History } from "../../../core/store.ts";
import type { LookBack, LookedBack } from "../../shared/retention.ts";
import { createCancellation, type Cancellation } from "../cancellation.ts";
import { createExport } from "./export.ts";
import { createGiveWay } from "./give-way.ts";
import { createPages } from "./pages.ts";
import { createReceived } from "./received.ts";
import { MESSAGE_COLUMNS, toStoredMessage } from "./rows.ts";
import { createSearch } from "./search.ts";
import { createLookBack, createRemovable, type Removable, type RemovableRows } from "./removable.ts";
import { createSequence } from "./sequence.ts";
import { createSnapshots } from "./snapshots.ts";
import { createStats } from "./stats.ts";
import { createTimeCounts } from "./time-counts.ts";
import { createTimeline } from "./timeline.ts";

/** Whether no index answers the query at once, so that it may look at every row. */
export function isSearch(query: MessageQuery): boolean {
  return query.q !== undefined || query.to !== undefined;
}

/** The reads of the service on one read-only connection; each sees one snapshot of the database. */
export interface Queries {
  list(query: MessageQuery): MessagePage;
  listReceived(query: ReceivedQuery): ReceivedPage;
  get(messageId: string): StoredMessage | undefined;
  payload(messageId: string): string | undefined;
  stats(): Stats;
  timeline(query: TimelineQuery): Timeline;
  /** How many messages are stored. */
  count(): number;
  /** The next messages that match, in list order. */
  exportPage(query: ExportQuery): ExportPage;
  /** Messages after `seq` in commit order: at most `limit`, fewer if they are large. */
  since(seq: number, limit: number, payload: boolean): SequencedPage;
  /** The `seq` of the newest message, even if it was removed. */
  lastSequence(): number;
  /** The generations of the database. */
  history(): History;
  /** See `RetentionEngine`. */
  lookBack(which: LookBack): LookedBack;
  /** The next rows to remove. */
  removable(which: Removable): RemovableRows;
  /** Uses the index file at this location from now on, or none. */
  attachIndex(location: string | undefined): void;
}

export interface QueriesOptions {
  /** Ends a long read with `Cancelled`; without it, a read always runs to its end. */
  readonly cancellation?: Cancellation;
  /** Called with the reason when the index cannot be used, once per attachment. Reads then work without it. */
  readonly onIndexFault?: (reason: string) => void;
}

/** All reads throw SQLite's error if the messages cannot be read. */
export function createQueries(db: DatabaseSync, options: QueriesOptions = {}): Queries {
  const { cancellation = createCancellation(() => undefined), onIndexFault = () => undefined } = options;
  const prepared = new Map<string, StatementSync>();
  // The API uses only a few distinct texts, so each is prepared once.
  function prepare(sql: string): StatementSync {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  }

  const snapshots = createSnapshots(db, { prepare, forgetStatements: () => prepared.clear(), onFault: onIndexFault });
  const snapshot = snapshots.read;
  const timeCounts = createTimeCounts(prepare);
  const page = createPages(prepare, timeCounts);
  const searching = { snapshot, cancellation, giveWay: createGiveWay(prepare, cancellation) };
  const search = createSearch(prepare, searching);
  const listReceived = createReceived(prepare, { ...searching, timeCounts });
  const exportPage = createExport(prepare);
  const stats = createStats(prepare, timeCounts);
  const timeline = createTimeline(prepare, { ...searching, timeCounts });
  const removable = createRemovable(prepare);
  return {
    list: (query) => (isSearch(query) ? search(query) : snapshot(() => page(query))),
    listReceived,
    get(messageId) {
      const row = prepare(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE message_id = ?`).get(messageId);
      return row === undefined ? undefined : toStoredMessage(row);
    },
    payload(messageId) {
      const row = prepare("SELECT payload FROM messages JOIN payloads USING (seq) WHERE message_id = ?").get(messageId);
      return row === undefined ? undefined : String(row["payload"]);
    },
    stats: () => snapshot(stats),
    timeline,
    exportPage: (query) => snapshot(() => exportPage(query)),
    ...createSequence(prepare),
    count: () => snapshot(() => timeCounts.countAll()),
    lookBack: createLookBack(prepare),
    removable: (which) => snapshot(() => removable(which)),
    attachIndex: (location) => snapshots.attach(location),
  };
}
