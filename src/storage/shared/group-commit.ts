import type { Message } from "../../core/message.ts";
import type { Clock } from "../../core/clock.ts";
import { InDoubt, StoreUnavailable, type InsertOutcome, type StoreObserver } from "../../core/store.ts";

/** More messages than that waiting for their commit are refused … */
export const MAX_WAITING_MESSAGES = 4096;
/** … and more bytes: 74 MB are so many of the largest messages of the service's own form, and a platform's may be larger by far. */
export const MAX_WAITING_BYTES: number = 80 * 1024 * 1024;

/** A second batch is handed over while one is being committed, so that the writer need not wait for the event loop … */
const MAX_BATCHES_UNDER_WAY = 2;
/** … once it holds this many messages: smaller ones would cost more syncs than they save. */
const MIN_SECOND_BATCH = 16;

/** What an engine returns for a batch that it has committed, in one transaction. */
export interface Committed {
  /** One a message, in their order. */
  readonly outcomes: readonly InsertOutcome[];
  /** How long the transaction took. */
  readonly seconds: number;
}

/** How a batch is made up of deliveries: how many messages each has, in their order. All of one are stored, or none. */
export interface Deliveries {
  readonly sizes: readonly number[];
}

/**
 * Commits a batch in one transaction; `createdAt` is ISO 8601 in UTC. Rejects if none of it is stored, with `InDoubt` if
 * that cannot be told.
 */
export type CommitBatch = (messages: readonly Message[], createdAt: string, deliveries: Deliveries) => Promise<Committed>;

export interface GroupCommitOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Told how many rows a commit has added, before the waiters are answered. */
  readonly onCommitted: (created: number) => void;
  /** The most that one transaction takes, except a delivery that has more by itself; all that waits, by default. */
  readonly maxBatchMessages?: number | undefined;
  /** The same in bytes of memory: a character takes up to two. */
  readonly maxBatchBytes?: number | undefined;
}

export interface GroupCommit {
  insert(message: Message): Promise<InsertOutcome>;
  insertAll(messages: readonly Message[]): Promise<readonly InsertOutcome[]>;
  waiting(): number;
  /** Refuses what comes later and settles once all that waits is committed or failed. */
  close(): Promise<void>;
}

/** What one call of `insertAll` waits with. */
interface Delivery {
  readonly messages: readonly Message[];
  readonly bytes: number;
  /** Takes one outcome a message, in their order. */
  readonly settle: (outcomes: readonly InsertOutcome[]) => void;
}

/**
 * Group commit: while the writer commits one batch the next one gathers, so the more messages arrive the
 * fewer syncs each of them costs.
 */
export function createGroupCommit(commitBatch: CommitBatch, options: GroupCommitOptions): GroupCommit {
  const { maxBatchMessages = Infinity, maxBatchBytes = Infinity } = options;
  const queue: Delivery[] = [];
  let queuedMessages = 0;
  let underWay = 0;
  let underWayMessages = 0;
  /** Of the queue and of the batches in progress. */
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
        // The next batch first, so that the writer works while this one is answered.
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

  /** A batch is no longer in progress. */
  function leave(messages: number, deliveries: readonly Delivery[]): void {
    underWay -= 1;
    underWayMessages -= messages;
    for (const { bytes } of deliveries) waitingBytes -= bytes;
    dispatch();
  }

  function waiting(): number {
    return underWayMessages + queuedMessages;
  }

  /** Whether there is room for this many bytes. What is larger than all of it has to be alone. */
  function hasRoom(bytes: number): boolean {
    return !closing && waiting() < MAX_WAITING_MESSAGES && (waiting() === 0 || waitingBytes + bytes <= MAX_WAITING_BYTES);
  }

  /** Hands what waits over, now or at the end of the event loop's turn. */
  function join(): void {
    if (queuedMessages >= MIN_SECOND_BATCH && underWay < MAX_BATCHES_UNDER_WAY) {
      // In the middle of a turn: the writer works while the event loop still reads what else has come.
      dispatch();
    } else if (!scheduled) {
      scheduled = true;
      // The requests that the event loop reads in this turn join the batch.
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

/** What they take in memory, at most: a character has one or two bytes there. */
function bytesOf(messages: readonly Message[]): number {
  let units = 0;
  for (const { messageId, from, to, ts, text, payload } of messages) {
    units += messageId.length + from.length + to.length + ts.length + (text?.length ?? 0) + (payload?.length ?? 0);
  }
  return 2 * units;
}
