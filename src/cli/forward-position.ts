import { open, readFile, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TailPosition } from "./follow.ts";
import { syncFolder } from "./sync-folder.ts";

/** How far messages have been forwarded, kept in a file that survives a kill and a power cut. */
export interface ForwardPosition {
  /** Every message up to this position has been forwarded. */
  current(): TailPosition;
  /** Writes the position to the file soon; several moves may be written at once. */
  move(position: TailPosition): void;
  /** Settles once nothing is left to write. Rejects as `failed` does. */
  written(): Promise<void>;
  /** Rejects if the file cannot be written. Never fulfilled. */
  readonly failed: Promise<never>;
  /** Releases the file for another process. */
  close(): void;
}

export interface ForwardPositionOptions {
  readonly path: string;
  /** The URL to which messages are forwarded. A position belongs to one URL. */
  readonly to: string;
  /** The position if the file does not exist yet. */
  readonly first: number;
}

/**
 * Opens the file that keeps a position, and creates it if it does not exist. The lock is an open transaction on `PATH.lock`,
 * which ends with the process in any case.
 *
 * Rejects if another process uses the file, if the file cannot be written, or if it does not contain a position for this URL.
 */
export async function openForwardPosition({ path, to, first }: ForwardPositionOptions): Promise<ForwardPosition> {
  const target = resolve(path);
  const lock = takeLock(path, `${target}.lock`);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const read = await readPosition(path, to).catch((error) => {
    lock.close();
    throw error;
  });
  let wanted: TailPosition = read ?? { after: first };
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    for (let written: TailPosition | undefined; written !== wanted;) {
      written = wanted;
      await replaceFile(target, `${JSON.stringify({ to, ...written })}\n`);
    }
  }
  function startWriting(): Promise<void> {
    return (writing ??= write().finally(() => {
      writing = undefined;
    }));
  }

  await startWriting();
  return {
    current: () => wanted,
    move(position) {
      // A delivery may end after the command, when the file may belong to another process.
      if (!lock.isOpen) return;
      wanted = position;
      startWriting().catch(failure.reject);
    },
    written: async () => writing,
    failed: failure.promise,
    close: () => lock.close(),
  };
}

function takeLock(path: string, lockPath: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(lockPath, { timeout: 0 });
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    const isBusy = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
    const rule = isBusy ? "it must not be in use by another process" : "its folder must exist, and this user must be able to write there";
    throw new Error(`Cannot forward from ${path}: ${rule}`, { cause: error });
  }
}

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

async function readPosition(path: string, to: string): Promise<TailPosition | undefined> {
  let text;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Error(`Cannot forward from ${path}: it must be a file that this user can read`, { cause: error });
  }
  const position = parsePosition(text);
  const problem = (state: string): Error => new Error(`Cannot forward from ${path}: it must ${state}`);
  if (position === undefined) throw problem("contain a position that forward has written, or not exist");
  if (position.to !== to) throw problem("contain the position for this --to URL, not for another URL: choose another file with --position");
  return { after: position.after, generation: position.generation };
}

function parsePosition(text: string): (TailPosition & { readonly to: string }) | undefined {
  try {
    const { to, after, generation } = JSON.parse(text);
    if (typeof to !== "string" || !Number.isSafeInteger(after) || after < 0) return undefined;
    return { to, after, generation: typeof generation === "string" ? generation : undefined };
  } catch {
    return undefined;
  }
}

/** The file has either the old or the new content, whenever the process or the machine stops. */
async function replaceFile(target: string, content: string): Promise<void> {
  const partial = `${target}.partial`;
  const file = await open(partial, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, target);
  syncFolder(dirname(target));
}
