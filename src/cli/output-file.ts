import { randomUUID } from "node:crypto";
import { realpathSync, rmSync, statSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { syncFolder } from "./sync-folder.ts";
import type { Terminal } from "./terminal.ts";

/** A file that appears under its name complete and synced, or not at all. */
export interface OutputFile {
  write(chunk: string | Uint8Array): Promise<void>;
  /** Gives the file its name, replacing a file of that name. */
  publish(): Promise<void>;
  /** Removes the file if it was not published. */
  discard(): Promise<void>;
}

/**
 * Opens a temporary file beside `path`. Rejects if it cannot be written there, or if `path` exists and is not a file but, for
 * example, a device.
 */
export async function openOutputFile(terminal: Terminal, path: string): Promise<OutputFile> {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && !existing.isFile()) throw new Error(`Cannot write ${path}: it must be a file, or not exist`);
  // A link remains: the file to which it leads is replaced.
  const target = existing === undefined ? resolve(path) : realpathSync(path);
  // In the same folder, where a rename is atomic.
  const partial = `${target}.partial-${randomUUID().slice(0, 8)}`;
  const file = await open(partial, "wx", existing?.mode ?? 0o666);
  const cleanUp = (): void => rmSync(partial, { force: true });
  terminal.beforeKilled(cleanUp);
  return {
    write: (chunk) => file.writeFile(chunk),
    async publish() {
      await file.sync();
      await file.close();
      await rename(partial, target);
      syncFolder(dirname(target));
    },
    async discard() {
      await file.close();
      cleanUp();
    },
  };
}
