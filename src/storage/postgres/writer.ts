import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "../../core/message.ts";
import { InDoubt, StoreUnavailable, type InsertOutcome } from "../../core/store.ts";
import type { Primaries } from "../../postgres/primaries.ts";
import type { ConnectionUrl } from "../../postgres/url.ts";
import type { Deliveries } from "../shared/group-commit.ts";
import { insertBatch, selectStored, toOutcomes } from "./batch.ts";
import { isOfOneMessage, meaningOf } from "./failures.ts";
import type { Fold } from "./fold.ts";
import type { Seen } from "./loss.ts";
import { ATTEMPT_MS, createPrimaryConnection } from "./primary-connection.ts";
import { isCancelledWait } from "./replication.ts";

const MIN_PAUSE_MS = 200;
const MAX_PAUSE_MS = 2_000;

export interface Writer {
  /**
   * Stores a batch in one transaction; gives one outcome per message once the server has confirmed it. Up to two batches may be
   * in progress. If the server refuses a single delivery, its messages are `unavailable` and the others are stored without it.
   *
   * Rejects with StoreUnavailable if nothing is stored, and with InDoubt if that could not be determined within the budget.
   */
  write(messages: readonly Message[], createdAt: string, deliveries?: Deliveries): Promise<readonly InsertOutcome[]>;
  /** From now on no batch is sent twice, and after `graceMs` a server that hangs is abandoned. Only the first call counts. */
  beginStop(graceMs: number): void;
  /** Ends the connection; no batch may be in progress. */
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly fold: Fold;
  readonly primaries: Primaries;
  /** What readers have seen; each later connection begins with a check that it is still stored. */
  readonly seen: Seen;
  /** How long a batch is resent until its outcome is known, in milliseconds. */
  readonly budgetMs: number;
  /** Called with each refusal of a single message. */
  readonly refused: (reason: string) => void;
}

/** One try to store a batch. */
interface Attempt {
  readonly createdAt: string;
  readonly deadlineMs: number;
  readonly wasSent: boolean;
}

/** Writes over one connection to the primary. */
export function createWriter(url: ConnectionUrl, { fold, primaries, seen, budgetMs, refused }: WriterOptions): Writer {
  const primary = createPrimaryConnection(url, { primaries, seen });
  const stopping = new AbortController();

  /** Rejects as `primary.run` does, or with NotReplicated. */
  async function attempt(messages: readonly Message[], { createdAt, deadlineMs, wasSent }: Attempt): Promise<readonly InsertOutcome[]> {
    const { results, notices } = await primary.run(insertBatch(messages, createdAt, fold), deadlineMs);
    if (notices.some(isCancelledWait)) throw new NotReplicated("the server's wait for a standby was cancelled");
    const added = results.at(-1)?.rows ?? [];
    if (added.length === messages.length) return toOutcomes(messages, { added, found: [] });
    // The batch is committed, even if this look-up of earlier rows fails.
    const before = await primary.run([selectStored(messages)], deadlineMs).catch(() => undefined);
    return toOutcomes(messages, { added, found: before?.results[0]?.rows ?? [], sentBeforeAt: wasSent ? createdAt : undefined });
  }

  async function write(messages: readonly Message[], createdAt: string, deliveries?: Deliveries): Promise<readonly InsertOutcome[]> {
    const sizes = deliveries?.sizes ?? messages.map(() => 1);
    const startedAt = performance.now();
    let inDoubt = false;
    let pauseMs = MIN_PAUSE_MS;
    for (;;) {
      const leftMs = Math.ceil(budgetMs - (performance.now() - startedAt));
      try {
        return await attempt(messages, { createdAt, deadlineMs: Math.max(1, Math.min(ATTEMPT_MS, leftMs)), wasSent: inDoubt });
      } catch (error) {
        const meaning = error instanceof NotReplicated ? "in_doubt" : meaningOf(error);
        inDoubt ||= meaning === "in_doubt";
        if (meaning === "refused" && isOfOneMessage(error) && sizes.length > 1) return oneByOne(messages, createdAt, sizes);
        const reason = error instanceof Error ? error.message : String(error);
        const isOver = performance.now() - startedAt + pauseMs >= budgetMs;
        if (isOver || (meaning === "refused" && !inDoubt) || !(await pause(pauseMs))) {
          throw inDoubt ? new InDoubt(reason, { cause: error }) : new StoreUnavailable(reason, { cause: error });
        }
        pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2);
      }
    }
  }

  /** False once a stop has begun. */
  function pause(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: stopping.signal }).catch(() => false);
  }

  async function oneByOne(messages: readonly Message[], createdAt: string, sizes: readonly number[]): Promise<readonly InsertOutcome[]> {
    const outcomes: InsertOutcome[] = [];
    for (const size of sizes) {
      const delivery = messages.slice(outcomes.length, outcomes.length + size);
      try {
        outcomes.push(...await write(delivery, createdAt, { sizes: [size] }));
      } catch (error) {
        refused(error instanceof Error ? error.message : String(error));
        const outcome = error instanceof InDoubt ? "in_doubt" : "unavailable";
        for (const _message of delivery) outcomes.push(outcome);
      }
    }
    return outcomes;
  }

  return {
    write,
    beginStop(graceMs) {
      stopping.abort();
      primary.abandonAfter(graceMs);
    },
    close: primary.close,
  };
}

/** Committed on the server that ran it, but possibly on no standby. */
class NotReplicated extends Error {}
