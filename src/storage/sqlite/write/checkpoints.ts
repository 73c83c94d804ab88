import type { DatabaseSync } from "node:sqlite";

/** A checkpoint begins at so many frames of 4 KiB: it copies a page once, however often it was written since the one before. */
export const CHECKPOINT_FRAMES = 4_000;
/** What a checkpoint leaves, since the writer goes on meanwhile, is copied between two batches once it is no more than this: about 1 ms. */
const LAST_FRAMES = 400;

/** What the writer knows and does about checkpoints, the bulk of which another thread does for it. */
export interface WriterCheckpoints {
  /** Frames of the WAL that no checkpoint has copied yet. */
  waitingFrames(): number;
  /**
   * True where a copy of the few frames that are left would let the next commit begin the WAL anew, which SQLite does only
   * when all of it is copied (https://www.sqlite.org/wal.html#ckpt).
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
