import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { StoreUnavailable } from "../../core/store.ts";
import type { WriterCalls } from "./threads/protocol.ts";
import type { Thread } from "./threads/thread.ts";

/** While messages wait for their commit, the upgrade pauses after each transaction for this many times the transaction's duration. */
const PAUSE_FACTOR = 3;
/** The time before a retry after a failure, such as a full disk. */
const RETRY_MS = 60_000;
/** How long a start waits for the upgrade. */
const START_MS = 2_000;
/** How often progress is reported. */
const REPORT_MS = 10_000;

export interface UpgradeOptions {
  /** Whether messages wait for their commit; the upgrade then rests between its transactions. */
  readonly isBusy: () => boolean;
  /** Called at the start, now and then, and at the end (with 0): how many rows of an earlier build are left to move. */
  readonly onProgress: (rows: number) => void;
  /** Called with the reason when one of its transactions failed; it will be retried. */
  readonly onFailure: (reason: string) => void;
}

/** The work of an upgrade that is left to do in the background. */
export interface Upgrade {
  /** About how many rows are left; 0 once it is done. */
  remaining(): number;
  /** How many rows of an earlier build are not visible to reads yet. */
  toMove(): number;
  /** Resolves once reads see every row of an earlier build; never if the upgrade is stopped before. */
  readonly moved: Promise<void>;
  /** Resolves once every row is moved, or after two seconds, so that a start does not take longer. */
  start(): Promise<void>;
  /** Resolves once none of its work is in progress. */
  stop(): Promise<void>;
}

/** Throws `StoreUnavailable` while there are rows to move: no read may miss them. */
export function requireUpgraded(upgrade: Upgrade): void {
  const rows = upgrade.toMove();
  if (rows > 0) throw new StoreUnavailable(`the database is being upgraded: ${rows} rows remain`);
}

/**
 * Moves the rows of an earlier build, then deletes what earlier versions stored in the main file: see `Adoption` and
 * `Leftovers`.
 */
export async function startUpgrade(writer: Thread<WriterCalls>, { isBusy, onProgress, onFailure }: UpgradeOptions): Promise<Upgrade> {
  let { toMove, toDelete } = await writer.call("upgradeState", undefined);
  const moved = Promise.withResolvers<void>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let reportedAtMs = performance.now();

  async function moveSome(): Promise<void> {
    toMove = await writer.call("moveAdopted", undefined);
    if (toMove > 0 && performance.now() - reportedAtMs < REPORT_MS) return;
    reportedAtMs = performance.now();
    onProgress(toMove);
    if (toMove === 0) moved.resolve();
  }

  async function deleteSome(): Promise<void> {
    const deleted = await writer.call("dropLeftovers", undefined);
    toDelete = deleted === 0 ? 0 : Math.max(1, toDelete - deleted);
  }

  async function work(): Promise<void> {
    const startedAt = performance.now();
    try {
      await (toMove > 0 ? moveSome() : deleteSome());
      if (toMove + toDelete > 0) schedule(isBusy() ? PAUSE_FACTOR * (performance.now() - startedAt) : 0);
    } catch (error) {
      // Work that a stop interrupts has not failed.
      if (!stopped) onFailure(error instanceof Error ? error.message : String(error));
      schedule(RETRY_MS);
    }
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      working = work();
    }, delayMs).unref();
  }

  if (toMove === 0) moved.resolve();
  return {
    remaining: () => toMove + toDelete,
    toMove: () => toMove,
    moved: moved.promise,
    async start() {
      if (toMove > 0) onProgress(toMove);
      if (toMove + toDelete > 0) schedule(0);
      await Promise.race([moved.promise, delay(START_MS, undefined, { ref: false })]);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
