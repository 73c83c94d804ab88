import { DatabaseError } from "../database.ts";
import { StoreUnavailable } from "../../../core/store.ts";
import type { Calls, CheckpointCalls, ReaderCalls, ThreadSettings, WriterCalls } from "./protocol.ts";
import { startThread, type Thread, type ThreadOptions } from "./thread.ts";

/** The threads that have the main file open. */
export interface StoreThreads {
  readonly writer: Thread<WriterCalls>;
  /** For what an index answers at once. */
  readonly lookups: Thread<ReaderCalls>;
  /** For reads that may look at every row. Its priority is low, so that it takes no CPU time from incoming messages. */
  readonly searches: Thread<ReaderCalls>;
  readonly checkpointer: Thread<CheckpointCalls>;
}

export interface StoreThreadsOptions extends ThreadOptions {
  /** Gets each thread at once, even while it is still starting: all of them must end if the store cannot be opened. */
  readonly opened: Pick<Thread<Calls>, "abandon">[];
  /** What the last owner recorded, if anything. */
  readonly recorded: ThreadSettings["recorded"];
}

/** Starts the writer, which opens or creates the file, then the others. Rejects with `DatabaseError`. */
export async function startThreads(settings: ThreadSettings, options: StoreThreadsOptions): Promise<StoreThreads> {
  const { opened, recorded, onFatal, onNotice } = options;

  function open<C extends Calls>(...thread: Parameters<typeof startThread<C>>): Promise<Thread<C>> {
    const starting = startThread<C>(...thread);
    opened.push({ abandon: async () => (await starting).abandon() });
    return starting.catch(rethrowForOperator);
  }

  const writer = await open<WriterCalls>("writer-thread", { ...settings, recorded }, { onFatal });
  const reading = { onFatal, ...(onNotice && { onNotice }) };
  const [lookups, searches, checkpointer] = await Promise.all([
    open<ReaderCalls>("reader-thread", settings, reading),
    open<ReaderCalls>("reader-thread", { ...settings, inBackground: true }, reading),
    open<CheckpointCalls>("checkpoint-thread", settings, { onFatal }),
  ]);
  return { writer, lookups, searches, checkpointer };
}

function rethrowForOperator(error: unknown): never {
  throw error instanceof StoreUnavailable ? new DatabaseError(error.message, { cause: error }) : error;
}
