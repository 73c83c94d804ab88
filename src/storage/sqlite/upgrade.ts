import { performance } from "node:perf_hooks";
import type { WriterCalls } from "./threads/protocol.ts";
import type { Thread } from "./threads/thread.ts";

/** After each transaction the writer is left to the messages that come in for so many times as long as that took. */
const PAUSE_FACTOR = 3;
/** After a failure, such as a full disk, it tries again after so long. */
const RETRY_MS = 60_000;

/** What an upgrade has left to do in the background. */
export interface Upgrade {
  /** About how many rows are left; 0 once it is done. */
  remaining(): number;
  /** Resolves once nothing of it is under way. */
  stop(): Promise<void>;
}

/** Deletes what earlier versions kept in the main file, a little at a time: see `createLeftovers`. */
export async function startUpgrade(writer: Thread<WriterCalls>): Promise<Upgrade> {
  let remaining = await writer.call("estimateLeftovers", undefined);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;

  async function dropSome(): Promise<void> {
    const startedAt = performance.now();
    try {
      const dropped = await writer.call("dropLeftovers", undefined);
      remaining = dropped === 0 ? 0 : Math.max(1, remaining - dropped);
      if (dropped > 0) schedule(PAUSE_FACTOR * (performance.now() - startedAt));
    } catch {
      schedule(RETRY_MS);
    }
  }

  function schedule(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      working = dropSome();
    }, delayMs).unref();
  }

  if (remaining > 0) schedule(0);
  return {
    remaining: () => remaining,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
