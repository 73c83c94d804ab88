import type { Message } from "../../core/message.ts";
import type { Clock } from "../../core/clock.ts";
import { InDoubt, StoreUnavailable, type InsertOutcome, type StoreObserver } from "../../core/store.ts";

/** The maximum number of messages that wait for their commit; more are refused. */
export const MAX_WAITING_MESSAGES = 4096;
/** The maximum size of these messages in memory. 4,096 of the largest native ones take 74 MB; those of a platform may be far larger. */
export const MAX_WAITING_BYTES: number = 80 * 1024 * 1024;

/** A second batch is passed to the writer during a commit, so that the writer need not wait for the event loop. */
const MAX_BATCHES_UNDER_WAY = 2;
/** A second batch must have this many messages: smaller ones would cost more in syncs than they save. */
const MIN_SECOND_BATCH = 32;

/** What an engine returns for a batch that it has committed, in one transaction. */
export interface Committed {
  /** One per message, in order. */
  readonly outcomes: readonly InsertOutcome[];
  /** The duration of the transaction. */
  readonly seconds: number;
}

/** How many messages each delivery of a batch has, in order. All messages of a delivery are stored, or none. */
export interface Deliveries {
  readonly sizes: readonly number[];
}

/**
 * Commits a batch in one transaction; `createdAt` is ISO 8601 in UTC. Rejects if none of it is stored; rejects with `InDoubt`
 * if that is unknown.
 */
export type CommitBatch = (messages: readonly Message[], createdAt: string, deliveries: Deliveries) => Promise<Committed>;

export interface GroupCommitOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Called with the number of rows that a commit added, before the callers get their outcomes. */
  readonly onCommitted: (created: number) => void;
  /** The maximum number of messages in one transaction, except for a single delivery with more; by default all that wait. */
  readonly maxBatchMessages?: number | undefined;
  /** The maximum size of a transaction in bytes of memory: a character takes up to two. */
  readonly maxBatchBytes?: number | undefined;
}

export interface GroupCommit {
  insert(message: Message): Promise<InsertOutcome>;
  insertAll(messages: readonly Message[]): Promise<readonly InsertOutcome[]>;
  waiting(): number;
  /** Refuses later messages, and settles once all waiting ones are committed or have failed. */
  close(): Promise<void>;
}

/** A waiting call of `insertAll`. */
interface Delivery {
  readonly messages: readonly Message[];
  readonly bytes: number;
  /** Called with one outcome per message, in order. */
  readonly settle: (outcomes: readonly InsertOutcome[]) => void;
}

/**
 * Group commit: while the writer commits one batch, the next one gathers. So the more messages arrive, the fewer syncs each of
 * them costs.
 */
export function createGroupCommit(commitBatch: CommitBatch, options: GroupCommitOptions): GroupCommit {
  const { maxBatchMessages = Infinity, maxBatchBytes = Infinity } = options;
  const queue: Delivery[] = [];
  let queuedMessages = 0;
  let underWay = 0;
  let underWayMessages = 0;
  /** In the queue and in the batches in progress. */
  let waitingBytes = 0;
  let scheduled = false;
  const closed = Promise.withResolvers<void>();
  let closing = false;

  function dispatch(): void {
    while (queue.length > 0 && (underWay === 0 || (underWay < MAX_BATCHES_UNDER_WAY && queuedMessages >= MIN_SECOND_BATCH))) {
      commitNext();
    }
    if (closing && underWay === 0) closed.resolve();
  }

  function commitNext(): void {
    let count = 0;
    let bytes = 0;
    const messages: Message[] = [];
    for (const delivery of queue) {
      const isRoom = messages.length + delivery.messages.length <= maxBatchMessages && bytes + delivery.bytes <= maxBatchBytes;
      if (count > 0 && !isRoom) break;
      for (const message of delivery.messages) messages.push(message);
      bytes += delivery.bytes;
      count += 1;
    }
    queuedMessages -= messages.length;
    commit(messages, queue.splice(0, count));
  }

  function commit(messages: readonly Message[], deliveries: readonly Delivery[]): void {
    underWay += 1;
    underWayMessages += messages.length;
    const createdAt = new Date(options.clock.nowMs()).toISOString();
    const sizes = deliveries.map((delivery) => delivery.messages.length);
    commitBatch(messages, createdAt, { sizes }).then(
      ({ outcomes, seconds }) => {
        // Start the next batch first, so that the writer works while the callers of this batch get their outcomes.
        leave(messages.length, deliveries);
        let created = 0;
        for (const outcome of outcomes) if (outcome === "created") created += 1;
        options.onCommitted(created);
        options.observer.committed(messages.length, seconds);
        let at = 0;
        for (const delivery of deliveries) delivery.settle(outcomes.slice(at, (at += delivery.messages.length)));
      },
      (error) => {
        leave(messages.length, deliveries);
        options.observer.commitFailed(messages.length, error instanceof StoreUnavailable ? error.message : String(error));
        const outcome = error instanceof InDoubt ? "in_doubt" : "unavailable";
        for (const delivery of deliveries) delivery.settle(delivery.messages.map(() => outcome));
      },
    );
  }

  /** Accounts for a batch that is no longer in progress. */
  function leave(messages: number, deliveries: readonly Delivery[]): void {
    underWay -= 1;
    underWayMessages -= messages;
    for (const { bytes } of deliveries) waitingBytes -= bytes;
    dispatch();
  }

  function waiting(): number {
    return underWayMessages + queuedMessages;
  }

  /** Whether there is room for this many bytes. A delivery larger than the whole limit must be alone. */
  function hasRoom(bytes: number): boolean {
    return !closing && waiting() < MAX_WAITING_MESSAGES && (waiting() === 0 || waitingBytes + bytes <= MAX_WAITING_BYTES);
  }

  /** Dispatches what waits, now or at the end of the event-loop iteration. */
  function join(): void {
    if (queuedMessages >= MIN_SECOND_BATCH && underWay < MAX_BATCHES_UNDER_WAY) {
      // In the middle of an iteration: the writer works while the event loop still reads other requests.
      dispatch();
    } else if (!scheduled) {
      scheduled = true;
      // Requests that the event loop reads in this iteration join the batch.
      setImmediate(() => {
        scheduled = false;
        dispatch();
      });
    }
  }

  function insertAll(messages: readonly Message[]): Promise<readonly InsertOutcome[]> {
    if (messages.length === 0) return Promise.resolve([]);
    const bytes = bytesOf(messages);
    if (!hasRoom(bytes)) return Promise.resolve(messages.map(() => "unavailable"));
    waitingBytes += bytes;
    queuedMessages += messages.length;
    return new Promise((settle) => {
      queue.push({ messages, bytes, settle });
      join();
    });
  }

  return {
    insertAll,
    insert: async (message) => (await insertAll([message]))[0] ?? "unavailable",
    waiting,
    close() {
      closing = true;
      dispatch();
      return closed.promise;
    },
  };
}

/** The maximum memory that they take: a character has one or two bytes. */
function bytesOf(messages: readonly Message[]): number {
  let units = 0;
  for (const { messageId, from, to, ts, text, payload } of messages) {
    units += messageId.length + from.length + to.length + ts.length + (text?.length ?? 0) + (payload?.length ?? 0);
  }
  return 2 * units;
}
