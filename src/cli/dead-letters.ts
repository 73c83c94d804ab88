import { open } from "node:fs/promises";

/** A file of messages whose last attempt failed, one line each, unchanged: `send --file` can send them again. */
export interface DeadLetters {
  /** Settles once the line is on disk. */
  keep(line: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file for appending. Rejects if it cannot be written. */
export async function openDeadLetters(path: string): Promise<DeadLetters> {
  const file = await open(path, "a");
  let last: Promise<void> = Promise.resolve();
  async function append(line: Uint8Array): Promise<void> {
    await file.appendFile(line);
    await file.sync();
  }
  return {
    keep(line) {
      // One after the other: lines must not run into each other.
      last = last.then(() => append(line));
      return last;
    },
    close: () => file.close(),
  };
}
