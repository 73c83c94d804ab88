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

/** What an engine gives back for a batch that it has committed, in one transaction. */
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
 * Commits a batch in one transaction; `createdAt` is ISO 8601 in UTC. Rejects if nothing of it is stored, with `InDoubt` if
 * that cannot be told.
 */
export type CommitBatch = (messages: readonly Message[], createdAt: string, deliveries: Deliveries) => Promise<Committed>;

export interface GroupCommitOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Told how many rows a commit has added, before the waiters are answered. */
  readonly onCommitted: (created: number) => void;
  /** The most that one transaction takes, but for a delivery that has more by itself; all that waits, by default. */
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

/** The deliveries of a batch, and how many bytes they take. */
interface Taken extends Deliveries {
  readonly bytes: number;
}

type Answer = (outcome: InsertOutcome) => void;

/**
 * Group commit: while the writer commits one batch the next one gathers, so the more messages arrive the
 * fewer syncs each of them costs.
 */
export function createGroupCommit(commitBatch: CommitBatch, options: GroupCommitOptions): GroupCommit {
  const { maxBatchMessages = Infinity, maxBatchBytes = Infinity } = options;
  const batch: Message[] = [];
  const waiters: Answer[] = [];
  /** Of the deliveries that wait: how many messages each has, and how many bytes. */
  const sizes: number[] = [];
  const bytes: number[] = [];
  let underWay = 0;
  let underWayMessages = 0;
  let waitingBytes = 0;
  let scheduled = false;
  const closed = Promise.withResolvers<void>();
  let closing = false;

  function dispatch(): void {
    while (waiters.length > 0 && (underWay === 0 || (underWay < MAX_BATCHES_UNDER_WAY && waiters.length >= MIN_SECOND_BATCH))) {
      commitNext();
    }
    if (closing && underWay === 0) closed.resolve();
  }

  function commitNext(): void {
    let messages = 0;
    let taken = 0;
    let deliveries = 0;
    for (const [index, size] of sizes.entries()) {
      const isRoom = messages + size <= maxBatchMessages && taken + (bytes[index] ?? 0) <= maxBatchBytes;
      if (index > 0 && !isRoom) break;
      messages += size;
      taken += bytes[index] ?? 0;
      deliveries += 1;
    }
    bytes.splice(0, deliveries);
    commit(batch.splice(0, messages), waiters.splice(0, messages), { sizes: sizes.splice(0, deliveries), bytes: taken });
  }

  function commit(messages: readonly Message[], answers: readonly Answer[], { sizes, bytes }: Taken): void {
    underWay += 1;
    underWayMessages += answers.length;
    const createdAt = new Date(options.clock.nowMs()).toISOString();
    commitBatch(messages, createdAt, { sizes }).then(
      ({ outcomes, seconds }) => {
        // The next batch first, so that the writer works while this one is answered.
        settle(answers, bytes);
        let created = 0;
        for (const outcome of outcomes) if (outcome === "created") created += 1;
        options.onCommitted(created);
        options.observer.committed(answers.length, seconds);
        answers.forEach((answer, index) => answer(outcomes[index] ?? "unavailable"));
      },
      (error) => {
        settle(answers, bytes);
        options.observer.commitFailed(answers.length, error instanceof StoreUnavailable ? error.message : String(error));
        const outcome = error instanceof InDoubt ? "in_doubt" : "unavailable";
        for (const answer of answers) answer(outcome);
      },
    );
  }

  function settle(answers: readonly Answer[], bytes: number): void {
    underWay -= 1;
    underWayMessages -= answers.length;
    waitingBytes -= bytes;
    dispatch();
  }

  function enqueue(message: Message): Promise<InsertOutcome> {
    batch.push(message);
    return new Promise((resolve) => waiters.push(resolve));
  }

  function waiting(): number {
    return underWayMessages + waiters.length;
  }

  /** Takes the room that a delivery needs; false if there is none. What is larger than all of it has to be alone. */
  function admit(messages: readonly Message[]): boolean {
    const needed = bytesOf(messages);
    if (closing || waiting() >= MAX_WAITING_MESSAGES || (waiting() > 0 && waitingBytes + needed > MAX_WAITING_BYTES)) return false;
    waitingBytes += needed;
    bytes.push(needed);
    sizes.push(messages.length);
    return true;
  }

  /** Hands what waits over, now or at the end of the event loop's turn. */
  function join(): void {
    if (waiters.length >= MIN_SECOND_BATCH && underWay < MAX_BATCHES_UNDER_WAY) {
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
    if (!admit(messages)) return Promise.resolve(messages.map(() => "unavailable"));
    const answered = Promise.all(messages.map(enqueue));
    join();
    return answered;
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
