import type { Removed, RemovedOld } from "../shared/retention.ts";
import type { IndexKeeper } from "./index/keeper.ts";
import type { Removable } from "./read/removable.ts";
import type { ReaderCalls, WriterCalls } from "./threads/protocol.ts";
import type { Thread } from "./threads/thread.ts";

/** What one transaction has removed; `next` as in `RemovableRows`. */
export interface RemovedRows extends Removed, RemovedOld {}

export type Remove = (which: Removable) => Promise<RemovedRows>;

export interface RemovalThreads {
  readonly writer: Thread<WriterCalls>;
  readonly reader: Thread<ReaderCalls>;
  readonly keeper: IndexKeeper;
}

/**
 * Removes some messages: from the index first, then from the main file, so that a reader, whose snapshot of the index is the
 * older one, never counts a row twice or misses it. If the removal is interrupted in between, the rows are still stored, and are
 * found without the index.
 *
 * Rejects with `StoreUnavailable` if the rows cannot be removed.
 */
export function createRemovals({ writer, reader, keeper }: RemovalThreads): Remove {
  return async (which) => {
    const { seqs, more, next } = await reader.call("removable", which);
    if (seqs.length === 0) return { messages: 0, more, next };
    const removal = await keeper.exclude(seqs);
    const messages = await writer.call("remove", { seqs, removal });
    await keeper.forget(seqs);
    return { messages, more, next };
  };
}

/** Removes all these messages, a limited number in each transaction, and returns the total number. */
export async function removeAll(remove: Remove, which: Removable, onRemoved: (count: number) => void): Promise<number> {
  let removed = 0;
  for (let isMore = true; isMore; ) {
    const { messages, more } = await remove(which);
    removed += messages;
    onRemoved(messages);
    isMore = more;
  }
  return removed;
}
