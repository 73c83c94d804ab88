import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../src/core/clock.ts";
import { createMatcher, type MessageFilter } from "../../../src/core/filter.ts";
import type { Message, StoredMessage } from "../../../src/core/message.ts";
import { compareMessages, comparePositions, compareText, positionOf, type KeysetPosition, type Order } from "../../../src/core/order.ts";
import type { ExportPage, ExportQuery, MessagePage, MessageQuery, ReceivedPage, ReceivedQuery, SequencedPage, Stats, Timeline, TimelineQuery } from "../../../src/core/queries.ts";
import { ReadCancelled, StoreUnavailable, type Erasure, type InsertOutcome, type MessageStore, type ReadOptions, type StoreObserver } from "../../../src/core/store.ts";
import { MAX_WAITING_READS } from "../../../src/storage/shared/limits.ts";
import { createGroupCommit, type Committed } from "../../../src/storage/shared/group-commit.ts";
import { PAGE_CHARACTERS, PAGE_MESSAGES, PAGE_ROWS } from "../../../src/storage/shared/fill-page.ts";
import { isReceivedBefore, startRetention, type LookBack, type LookedBack, type OldMessages, type RemovedOld } from "../../../src/storage/shared/retention.ts";

const REMOVAL_BATCH_SIZE = 100;

export interface Row extends StoredMessage {
  readonly seq: number;
  readonly payload: string | null;
}

/** The state that outlives the process. */
export interface MemoryDatabase {
  /** In the order of commits. */
  rows: readonly Row[];
  readonly removedIds: Set<string>;
  lastSeq: number;
  /** While it is set, commits fail. */
  isFull: boolean;
}

export interface MemoryOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  readonly retentionDays?: number | undefined;
}

export function createMemoryDatabase(): MemoryDatabase {
  return { rows: [], removedIds: new Set(), lastSeq: 0, isFull: false };
}

/** The simplest engine that keeps every promise; the others are compared with it. */
export function openMemoryStore(database: MemoryDatabase, { clock, observer, retentionDays }: MemoryOptions): MessageStore {
  const listeners = new Set<() => void>();
  let byId = new Map(database.rows.map((row) => [row.message_id, row]));
  let ordered: readonly Row[] | undefined;
  let waitingReads = 0;
  let isClosed = false;

  function replaceRows(rows: readonly Row[]): void {
    database.rows = rows;
    byId = new Map(rows.map((row) => [row.message_id, row]));
    ordered = undefined;
  }

  function assertWritable(): void {
    if (isClosed) throw new StoreUnavailable("the store is closed");
    if (database.isFull) throw new StoreUnavailable("the memory is full");
  }

  function insertOne(rows: Row[], message: Message, createdAt: string): InsertOutcome {
    const { messageId, from, to, ts, text, payload = null } = message;
    if (database.removedIds.has(messageId)) return "duplicate";
    const stored = byId.get(messageId);
    if (stored !== undefined) {
      return stored.from === from && stored.to === to && stored.ts === ts && stored.text === text ? "duplicate" : "conflict";
    }
    database.lastSeq += 1;
    const row = { seq: database.lastSeq, message_id: messageId, from, to, ts, text, created_at: createdAt, payload };
    rows.push(row);
    byId.set(messageId, row);
    return "created";
  }

  async function commit(messages: readonly Message[], createdAt: string): Promise<Committed> {
    await setImmediate();
    assertWritable();
    const rows = [...database.rows];
    const outcomes = messages.map((message) => insertOne(rows, message, createdAt));
    replaceRows(rows);
    return { outcomes, seconds: 0 };
  }

  function remove(isGone: (row: Row) => boolean): number {
    assertWritable();
    const gone = database.rows.filter(isGone);
    for (const { message_id: id } of gone) database.removedIds.add(id);
    replaceRows(database.rows.filter((row) => !isGone(row)));
    return gone.length;
  }

  async function removeOld({ beforeMs, after }: OldMessages): Promise<RemovedOld> {
    await setImmediate();
    const rows = database.rows.filter((row) => row.seq > after).slice(0, REMOVAL_BATCH_SIZE);
    const old = new Set(rows.filter((row) => isReceivedBefore(row.created_at, beforeMs)));
    return { messages: remove((row) => old.has(row)), next: rows.length < REMOVAL_BATCH_SIZE ? undefined : rows.at(-1)?.seq };
  }

  async function lookBack({ beforeMs }: LookBack): Promise<LookedBack> {
    return { receivedAt: database.rows.findLast((row) => isReceivedBefore(row.created_at, beforeMs))?.created_at, next: undefined };
  }

  /** Refuses the read at once if too many wait; otherwise reads when its turn comes. */
  async function read<T>(work: () => T, { signal }: ReadOptions = {}): Promise<T> {
    if (isClosed) throw new StoreUnavailable("the store is closed");
    if (signal?.aborted) throw new ReadCancelled("the caller no longer waits");
    if (waitingReads >= MAX_WAITING_READS) throw new StoreUnavailable("too many reads are waiting");
    waitingReads += 1;
    try {
      await setImmediate(undefined, { signal });
      return work();
    } catch (error) {
      throw signal?.aborted ? new ReadCancelled("the caller no longer waits", { cause: error }) : error;
    } finally {
      waitingReads -= 1;
    }
  }

  function matching(filter: MessageFilter, order: Order = "asc"): readonly Row[] {
    ordered ??= database.rows.toSorted(compareMessages);
    const found = ordered.filter(createMatcher(filter));
    return order === "asc" ? found : found.toReversed();
  }

  const inserts = createGroupCommit(commit, {
    clock,
    observer,
    onCommitted: (created) => {
      if (created > 0) for (const listener of listeners) listener();
    },
  });
  const retention = retentionDays === undefined ? undefined : startRetention(
    { removeOld, lookBack },
    { days: retentionDays, clock, onRemoved: observer.removed, onSuspended: observer.retentionSuspended, onFailed: observer.retentionFailed },
  );

  return {
    insert: inserts.insert,
    insertAll: inserts.insertAll,
    queueDepth: inserts.waiting,
    onCommitted: (listener) => void listeners.add(listener),
    async erase(which) {
      await setImmediate();
      return remove(isOf(which));
    },
    list: (query, options) => read(() => pageOf(matching(query, query.order), query), options),
    listReceived: (query, options) => read(() => receivedPageOf(database.rows, query), options),
    get: (messageId) => read(() => byId.get(messageId)).then((row) => row && toStored(row)),
    payload: (messageId) => read(() => byId.get(messageId)?.payload ?? undefined),
    stats: (options) => read(() => statsOf(matching({})), options),
    timeline: (query, options) => read(() => timelineOf(matching(query), query), options),
    exportPage: (query, options) => read(() => exportPageOf(matching({}, query.order), query), options),
    since: (seq, limit, { payload = false } = {}) =>
      read(() => {
        const rows = database.rows.filter((row) => row.seq > seq);
        const page = rows.slice(0, Math.min(limit, fitting(rows, payload)));
        return { data: page.map((row) => ({ seq: row.seq, ...toStored(row, payload) })), more: page.length < rows.length } satisfies SequencedPage;
      }),
    lastSequence: () => read(() => database.lastSeq),
    history: () => read(() => ({ generation: "memory", former: new Map<string, number>() })),
    count: () => database.rows.length,
    check: () => Promise.resolve(database.isFull ? ["the memory is full"] : []),
    maintenance: () => ({}),
    sizes: () => Promise.resolve({}),
    confirmClock: () => retention?.confirmClock(),
    async close() {
      retention?.stop();
      await inserts.close();
      isClosed = true;
    },
  };
}

function toStored({ seq: _seq, payload, ...message }: Row, withPayload = false): StoredMessage {
  return withPayload ? { ...message, payload } : message;
}

function isOf(which: Erasure): (row: Row) => boolean {
  return (row) => ("from" in which ? row.from === which.from : row.message_id === which.messageId);
}

function following(rows: readonly Row[], { after, order = "asc" }: { readonly after: KeysetPosition | undefined; readonly order: Order | undefined }): readonly Row[] {
  const sign = order === "asc" ? 1 : -1;
  return after === undefined ? rows : rows.filter((row) => sign * comparePositions(positionOf(row), after) > 0);
}

function pageOf(rows: readonly Row[], { limit, offset, after, order }: MessageQuery): MessagePage {
  const left = following(rows, { after, order });
  const data = left.slice(offset, offset + limit);
  const last = data.at(-1);
  return { data: data.map((row) => toStored(row)), total: rows.length, ...(last !== undefined && offset + limit < left.length && { next: positionOf(last) }) };
}

function receivedPageOf(rows: readonly Row[], { limit, offset, after, order, ...filter }: ReceivedQuery): ReceivedPage {
  const found = rows.filter(createMatcher(filter));
  const ordered = order === "received" ? found : found.toReversed();
  const left = after === undefined ? ordered : ordered.filter(({ seq }) => (order === "received" ? seq > after : seq < after));
  const data = left.slice(offset, offset + limit);
  const last = data.at(-1);
  return { data: data.map((row) => toStored(row)), total: found.length, ...(last !== undefined && offset + limit < left.length && { next: last.seq }) };
}

/** The number of rows that fit into a page. */
function fitting(rows: readonly Row[], withPayload: boolean): number {
  let units = 0;
  const end = rows.findIndex(({ text, payload }) => (units += (text?.length ?? 0) + (withPayload ? (payload?.length ?? 0) : 0)) >= PAGE_CHARACTERS);
  return Math.min(PAGE_MESSAGES, end === -1 ? rows.length : end + 1);
}

function exportPageOf(rows: readonly Row[], { upTo, after, order, payload = false, ...filter }: ExportQuery): ExportPage {
  const left = following(rows, { after, order }).filter((row) => row.seq <= upTo);
  const seen = left.slice(0, PAGE_ROWS);
  const found = seen.filter(createMatcher(filter));
  const page = found.slice(0, fitting(found, payload));
  const last = page.length < found.length ? page.at(-1) : left.length > seen.length ? seen.at(-1) : undefined;
  return { data: page.map((row) => toStored(row, payload)), ...(last !== undefined && { next: positionOf(last) }) };
}

function statsOf(rows: readonly Row[]): Stats {
  const senders = [...Map.groupBy(rows, ({ from }) => from)].map(([from, sent]) => ({ from, count: sent.length }));
  return {
    total_messages: rows.length,
    senders_count: senders.length,
    messages_per_sender: senders.sort((a, b) => b.count - a.count || compareText(a.from, b.from)).slice(0, 10),
    first_message_ts: rows.at(0)?.ts ?? null,
    last_message_ts: rows.at(-1)?.ts ?? null,
  };
}

function timelineOf(rows: readonly Row[], { bucket, limit, utcOffsetMinutes = 0 }: TimelineQuery): Timeline {
  const [first, minutes] = [Date.parse("0000-01-01T00:00Z"), bucket === "day" ? 1440 : 60];
  function startOf({ ts }: Row): string {
    const local = Date.parse(`${ts.slice(0, 16)}Z`) / 60_000 + utcOffsetMinutes;
    const start = (Math.floor(local / minutes) * minutes - utcOffsetMinutes) * 60_000;
    return new Date(Math.max(start, first)).toISOString().replace(".000Z", "Z");
  }
  const data = [...Map.groupBy(rows, startOf)].map(([start, sent]) => ({ start, count: sent.length }));
  return { data: data.slice(-limit), truncated: data.length > limit };
}
