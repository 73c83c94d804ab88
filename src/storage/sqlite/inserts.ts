import { performance } from "node:perf_hooks";
import type { Message } from "../../core/message.ts";
import { createGroupCommit, type Committed, type GroupCommit, type GroupCommitOptions } from "../shared/group-commit.ts";
import type { StoreThreads } from "./threads/start-all.ts";
import { flatten, toOutcomes } from "./write/batch.ts";
import { CHECKPOINT_FRAMES } from "./write/checkpoints.ts";

/** Commits messages in the writer thread, while another thread copies the WAL into the main file. */
export function createInserts({ writer, checkpointer }: StoreThreads, options: GroupCommitOptions): GroupCommit {
  async function commitBatch(messages: readonly Message[], createdAt: string): Promise<Committed> {
    const { outcomes, seconds, walFrames } = await writer.call("write", { ...flatten(messages), createdAt });
    if (walFrames >= CHECKPOINT_FRAMES && checkpointer.pending() === 0) checkpoint(walFrames);
    return { outcomes: toOutcomes(outcomes), seconds };
  }

  /**
   * On a full disk the checkpoint fails, which the next commit reports. The frames stay in the WAL, where they are durable, until
   * there is space.
   */
  function checkpoint(walFrames: number): void {
    const startedAt = performance.now();
    checkpointer.call("checkpoint", undefined).then(
      () => options.observer.checkpointed?.(walFrames, (performance.now() - startedAt) / 1000),
      () => undefined,
    );
  }

  return createGroupCommit(commitBatch, options);
}
