import type { DatabaseSync } from "node:sqlite";

/** A checkpoint begins at this many frames of 4 KiB: it copies a page once, however often it was written since the last one. */
export const CHECKPOINT_FRAMES = 4_000;
/**
 * The writer continues during a checkpoint. If no more than this many frames are left after it, they are copied between two
 * batches, in about 1 ms.
 */
const LAST_FRAMES = 400;

/** The writer's part of checkpoints; another thread does most of the work. */
export interface WriterCheckpoints {
  /** Frames of the WAL that no checkpoint has copied yet. */
  waitingFrames(): number;
  /**
   * Whether copying the few frames that are left would let the next commit restart the WAL, which SQLite does only when all of
   * it has been copied (https://www.sqlite.org/wal.html#ckpt).
   */
  isLastDue(): boolean;
  copyLast(): void;
}

export function createWriterCheckpoints(db: DatabaseSync): WriterCheckpoints {
  const state = db.prepare("PRAGMA wal_checkpoint(NOOP)");
  const checkpoint = db.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  let frames = 0;
  let waiting = 0;
  return {
    waitingFrames() {
      const row = state.get();
      frames = Number(row?.["log"]);
      waiting = frames - Number(row?.["checkpointed"]);
      return waiting;
    },
    isLastDue: () => frames >= CHECKPOINT_FRAMES && waiting <= LAST_FRAMES,
    copyLast: () => void checkpoint.get(),
  };
}
