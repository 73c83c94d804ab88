import type { Clock } from "../../core/clock.ts";
import { StoreUnavailable } from "../../core/store.ts";
import type { DatabaseFiles, FileIdentity } from "./files.ts";
import type { ReaderCalls, WriterCalls } from "./threads/protocol.ts";
import type { Thread } from "./threads/thread.ts";

export interface ReadinessOptions {
  readonly files: DatabaseFiles;
  /** Identifies the files that were opened. */
  readonly identity: FileIdentity;
  readonly writer: Thread<WriterCalls>;
  readonly reader: Thread<ReaderCalls>;
  readonly clock: Clock;
  /** The files are no longer those that were opened. */
  readonly onFatal: (reason: string) => void;
}

/** Gives the reasons why the database cannot be written or read now; syncs the disk. */
export function createReadiness(options: ReadinessOptions): () => Promise<readonly string[]> {
  const { files, identity, writer, reader, clock } = options;
  return async () => {
    const found = await files.identity();
    const changed = [...found.keys()].find((path) => found.get(path) !== identity.get(path));
    if (changed !== undefined) {
      // Either what is written now is lost when the last descriptor closes, or another process has become the owner. Only a restart
      // can open the present files.
      const reason = `${changed} was removed or replaced while the service had it open`;
      options.onFatal(reason);
      return [reason];
    }
    const checkedAt = new Date(clock.nowMs()).toISOString();
    const reasons = await Promise.all([
      reasonOf(writer.call("probe", checkedAt)),
      // Not refused if many reads wait: there is one check at a time, and deliveries must continue whatever readers request.
      reasonOf(reader.call("lastSequence", undefined)),
    ]);
    return reasons.filter((reason) => reason !== undefined);
  };
}

async function reasonOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof StoreUnavailable ? error.message : String(error);
  }
}
