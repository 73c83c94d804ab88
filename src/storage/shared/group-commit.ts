import type { Message } from "../../core/message.ts";
import type { Clock } from "../../core/clock.ts";
import { OutcomeUnknown, StoreUnavailable, type InsertOutcome, type StoreObserver } from "../../core/store.ts";
import { CONFLICT, CREATED, FIELDS_PER_MESSAGE } from "../sqlite/write/batch.ts";
import type { WriterCalls } from "../sqlite/threads/protocol.ts";
import type { Thread } from "../sqlite/threads/thread.ts";

/** More messages than that waiting for their commit are refused: at 18 KB for the largest, 74 MB. */
export const MAX_WAITING_MESSAGES = 4096;

/** A second batch is handed over behind the one being committed, so that the writer need not wait for the event loop … */
const MAX_BATCHES_UNDER_WAY = 2;
/** … once it holds so many messages: smaller ones would cost more syncs than they save. */
const MIN_SECOND_BATCH = 16;

export interface GroupCommitOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Told how many rows a commit has added and how many frames of the WAL no checkpoint has copied yet, before the waiters are answered. */
  readonly onCommitted: (created: number, walFrames: number) => void;
  /** The most that one transaction takes; all that waits, by default. */
  readonly maxBatchMessages?: number | undefined;
}

export interface GroupCommit {
  insert(message: Message): Promise<InsertOutcome>;
  insertAll(messages: readonly Message[]): Promise<readonly InsertOutcome[]>;
  waiting(): number;
  /** Refuses what comes later and settles once all that waits is committed or failed. */
  close(): Promise<void>;
}

type Answer = (outcome: InsertOutcome) => void;

/**
 * Group commit: while the writer commits one batch the next one gathers, so the more messages arrive the
 * fewer syncs each of them costs.
 */
export function createGroupCommit(writer: Thread<WriterCalls>, options: GroupCommitOptions): GroupCommit {
  const maxBatchMessages = options.maxBatchMessages ?? MAX_WAITING_MESSAGES;
  const batch: (string | null)[] = [];
  const payloads: (string | null)[] = [];
  const waiters: Answer[] = [];
  let underWay = 0;
  let underWayMessages = 0;
  let scheduled = false;
  const closed = Promise.withResolvers<void>();
  let closing = false;

  function dispatch(): void {
    while (waiters.length > 0 && (underWay === 0 || (underWay < MAX_BATCHES_UNDER_WAY && waiters.length >= MIN_SECOND_BATCH))) {
      commit(batch.splice(0, maxBatchMessages * FIELDS_PER_MESSAGE), payloads.splice(0, maxBatchMessages), waiters.splice(0, maxBatchMessages));
    }
    if (closing && underWay === 0) closed.resolve();
  }

  function commit(messages: (string | null)[], theirPayloads: (string | null)[], answers: readonly Answer[]): void {
    underWay += 1;
    underWayMessages += answers.length;
    const createdAt = new Date(options.clock.nowMs()).toISOString();
    writer.call("write", { batch: messages, payloads: theirPayloads, createdAt }).then(
      ({ outcomes, seconds, walFrames }) => {
        // The next batch first, so that the writer works while this one is answered.
        settle(answers);
        let created = 0;
        for (const outcome of outcomes) if (outcome === CREATED) created += 1;
        options.onCommitted(created, walFrames);
        options.observer.committed(answers.length, seconds);
        answers.forEach((answer, index) => answer(toOutcome(outcomes[index])));
      },
      (error) => {
        settle(answers);
        options.observer.commitFailed(answers.length, error instanceof StoreUnavailable ? error.message : String(error));
        const outcome = error instanceof OutcomeUnknown ? "unknown" : "unavailable";
        for (const answer of answers) answer(outcome);
      },
    );
  }

  function settle(answers: readonly Answer[]): void {
    underWay -= 1;
    underWayMessages -= answers.length;
    dispatch();
  }

  function enqueue(message: Message): Promise<InsertOutcome> {
    batch.push(message.messageId, message.from, message.to, message.ts, message.text);
    payloads.push(message.payload ?? null);
    return new Promise((resolve) => waiters.push(resolve));
  }

  return {
    insertAll(messages) {
      if (closing || underWayMessages + waiters.length >= MAX_WAITING_MESSAGES) return Promise.resolve(messages.map(() => "unavailable"));
      const answered = Promise.all(messages.map(enqueue));
      dispatch();
      return answered;
    },
    insert(message) {
      if (closing || underWayMessages + waiters.length >= MAX_WAITING_MESSAGES) return Promise.resolve("unavailable");
      const answered = enqueue(message);
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
      return answered;
    },
    waiting: () => underWayMessages + waiters.length,
    close() {
      closing = true;
      dispatch();
      return closed.promise;
    },
  };
}

function toOutcome(byte: number | undefined): InsertOutcome {
  if (byte === CREATED) return "created";
  return byte === CONFLICT ? "conflict" : "duplicate";
}
