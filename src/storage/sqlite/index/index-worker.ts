import { performance } from "node:perf_hooks";
import type { CheckPosition } from "./check-pages.ts";
import { STEP_ROWS } from "./operations.ts";
import type { IndexCalls } from "../threads/protocol.ts";
import type { Thread } from "../threads/thread.ts";

/** With more unindexed rows than this, the thread runs at normal priority: reads look at every row that is not indexed. */
const URGENT_ROWS = 200_000;
/** How often every page of the file is read: rarely used pages may be damaged too. */
const CHECK_MS = 24 * 3_600_000;

export interface IndexWorkerOptions {
  /** Starts the thread that owns the index file. Rejects if the file can neither be opened nor created. */
  readonly startThread: (options: { readonly inBackground: boolean }) => Promise<Thread<IndexCalls>>;
  /** Makes readers use the present index file. */
  readonly attachReaders: () => Promise<void>;
  /** Called with the reason when the index was, or must be, rebuilt. */
  readonly onFault: (reason: string) => void;
  /** Called with the number of messages that a step derived, and its duration in seconds. */
  readonly onStep: (messages: number, seconds: number) => void;
}

/** The index thread, started when it is needed. The caller must retry after a rejection. */
export interface IndexWorker {
  /** Starts the thread if it does not run. */
  open(): Promise<void>;
  /** Derives the next rows; returns how many are left. The thread's priority depends on `unindexed`, the number before the step. */
  step(unindexed: number): Promise<number>;
  /** Reads some pages of the file if that is due; returns whether more are left. A damaged page has the effect of `distrust`. */
  checkSome(): Promise<boolean>;
  /** Makes the next step begin with an empty index. False if that was requested already: several readers may report the same file. */
  distrust(): boolean;
  /** See `MessageIndex`; undefined if the index cannot do it. */
  exclude(seqs: readonly number[]): Promise<number | undefined>;
  forget(seqs: readonly number[]): Promise<void>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** Starts nothing yet. */
export function createIndexWorker(options: IndexWorkerOptions): IndexWorker {
  const holder = createHolder(options);
  let distrusted = false;
  let checkedAtMs: number | undefined;
  let unchecked: CheckPosition | undefined;

  return {
    async open() {
      await holder.open();
    },
    async step(rows) {
      await holder.setPriority(rows);
      const current = await holder.open();
      if (distrusted) {
        await current.call("reset", undefined);
        await options.attachReaders();
        distrusted = false;
      }
      const startedAt = performance.now();
      const { derived, unindexed, fault } = await current.call("step", undefined);
      if (derived > 0) options.onStep(derived, (performance.now() - startedAt) / 1000);
      if (fault !== undefined) {
        options.onFault(fault);
        await options.attachReaders();
      }
      return unindexed;
    },
    async checkSome() {
      const nowMs = performance.now();
      const thread = holder.current();
      const isDue = unchecked !== undefined || checkedAtMs === undefined || nowMs - checkedAtMs >= CHECK_MS;
      if (thread === undefined || !isDue) return false;
      checkedAtMs = nowMs;
      const { complaint, next } = await thread.call("check", unchecked);
      unchecked = next;
      if (complaint !== undefined) {
        distrusted = true;
        options.onFault(complaint);
      }
      return next !== undefined;
    },
    distrust() {
      const isNew = !distrusted;
      distrusted = true;
      unchecked = undefined;
      return isNew;
    },
    async exclude(seqs) {
      try {
        return await holder.current()?.call("exclude", seqs);
      } catch {
        return undefined;
      }
    },
    async forget(seqs) {
      // Rows that stay excluded after their removal do no harm; the next start forgets them.
      await holder.current()?.call("forget", seqs).catch(() => undefined);
    },
    close: () => holder.close(),
  };
}

interface Holder {
  current(): Thread<IndexCalls> | undefined;
  open(): Promise<Thread<IndexCalls>>;
  setPriority(unindexed: number): Promise<void>;
  close(): Promise<void>;
}

function createHolder({ startThread, attachReaders }: IndexWorkerOptions): Holder {
  let thread: Thread<IndexCalls> | undefined;
  let inBackground = true;

  async function close(): Promise<void> {
    const ended = thread;
    thread = undefined;
    await ended?.close();
  }

  return {
    current: () => thread,
    async open() {
      if (thread === undefined) {
        thread = await startThread({ inBackground });
        await attachReaders();
      }
      return thread;
    },
    // A process without privileges can only lower a priority, so a new thread is started, which has normal priority.
    async setPriority(unindexed) {
      if (inBackground && unindexed > URGENT_ROWS) {
        inBackground = false;
        await close();
      } else if (!inBackground && unindexed < STEP_ROWS) {
        inBackground = true;
        await thread?.call("lowerPriority", undefined);
      }
    },
    close,
  };
}
