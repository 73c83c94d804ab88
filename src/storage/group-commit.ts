import type { Message } from "../core/message.ts";
import { StoreUnavailable, type Clock, type InsertOutcome, type StoreObserver } from "../core/ports.ts";
import { CONFLICT, CREATED, FIELDS_PER_MESSAGE } from "./batch.ts";
import type { WriterCalls } from "./protocol.ts";
import type { Thread } from "./thread.ts";

/** More messages than that waiting for their commit are refused: at 18 KB for the largest, 74 MB. */
export const MAX_WAITING_MESSAGES = 4096;

export interface GroupCommitOptions {
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Told how many rows a commit has added, before their waiters are answered. */
  readonly onCreated: (count: number) => void;
  /** The most that one transaction takes; all that waits, by default. */
  readonly maxBatchMessages?: number | undefined;
}

export interface GroupCommit {
  insert(message: Message): Promise<InsertOutcome>;
  waiting(): number;
  /** Refuses what comes later and settles once all that waits is committed or failed. */
  close(): Promise<void>;
}

/**
 * Group commit: while the writer commits one batch the next one gathers, so the more messages arrive the
 * fewer syncs each of them costs.
 */
export function createGroupCommit(
  writer: Thread<WriterCalls>,
  options: GroupCommitOptions,
): GroupCommit {
  const maxBatchMessages = options.maxBatchMessages ?? MAX_WAITING_MESSAGES;
  const batch: (string | null)[] = [];
  const waiters: ((outcome: InsertOutcome) => void)[] = [];
  let committing = 0;
  let running: Promise<void> | undefined;
  let closed = false;

  async function commit(): Promise<void> {
    const sent = batch.splice(0, maxBatchMessages * FIELDS_PER_MESSAGE);
    const answered = waiters.splice(0, maxBatchMessages);
    committing = answered.length;
    try {
      const createdAt = new Date(options.clock.nowMs()).toISOString();
      const { outcomes, seconds } = await writer.call("write", { batch: sent, createdAt });
      let created = 0;
      for (const outcome of outcomes) if (outcome === CREATED) created += 1;
      options.onCreated(created);
      options.observer.committed(answered.length, seconds);
      answered.forEach((answer, index) => answer(toOutcome(outcomes[index])));
    } catch (error) {
      options.observer.commitFailed(answered.length, error instanceof StoreUnavailable ? error.message : String(error));
      for (const answer of answered) answer("unavailable");
    } finally {
      committing = 0;
    }
  }

  async function run(): Promise<void> {
    // The requests that the event loop reads in this turn join the batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiters.length > 0) await commit();
    running = undefined;
  }

  return {
    insert(message) {
      if (closed || committing + waiters.length >= MAX_WAITING_MESSAGES) return Promise.resolve("unavailable");
      batch.push(message.messageId, message.from, message.to, message.ts, message.text);
      const settled = new Promise<InsertOutcome>((resolve) => waiters.push(resolve));
      running ??= run();
      return settled;
    },
    waiting: () => committing + waiters.length,
    async close() {
      closed = true;
      await running;
    },
  };
}

function toOutcome(byte: number | undefined): InsertOutcome {
  if (byte === CREATED) return "created";
  return byte === CONFLICT ? "conflict" : "duplicate";
}
