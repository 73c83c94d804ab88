import { isAbsolute } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { whyUnusable } from "./usable.ts";

/** How long a connection waits for a lock that another process holds before it gives up, in milliseconds. */
export const DEFAULT_BUSY_TIMEOUT_MS = 5_000;

const BRIEF_WAIT_MS = 100;

/** If no other thread checkpoints, or if that thread cannot keep up, a commit itself checkpoints a WAL of at least this size. */
const CHECKPOINT_PAGES = 16_000;
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
/** Per connection; beyond it pages come from the operating system's cache. With 8 MiB, reads of 1,000,000 rows took as much CPU time. */
export const CACHE_KIB: number = 4 * 1024;

export interface ConnectionOptions {
  readonly busyTimeoutMs?: number | undefined;
  readonly readOnly?: boolean;
  /** The maximum size of the file in pages of 4 KiB (https://www.sqlite.org/pragma.html#pragma_max_page_count). */
  readonly maxPageCount?: number | undefined;
}

/**
 * Opens one connection. `location` is a file path or a `file:` URI.
 * Throws `DatabaseError` with a hint for the operator.
 *
 * With WAL, readers continue during a commit. `synchronous=FULL` syncs the WAL at every commit, which NORMAL does not
 * (https://www.sqlite.org/pragma.html#pragma_synchronous).
 */
export function openDatabase(location: string, options: ConnectionOptions = {}): DatabaseSync {
  try {
    const db = new DatabaseSync(location, {
      readOnly: options.readOnly ?? false,
      timeout: options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS,
    });
    if (!options.readOnly) {
      db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
        PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}; PRAGMA journal_size_limit=${WAL_LIMIT_BYTES}`);
    }
    if (options.maxPageCount !== undefined) db.exec(`PRAGMA max_page_count=${options.maxPageCount}`);
    db.exec(`PRAGMA temp_store=MEMORY; PRAGMA cache_size=-${CACHE_KIB}`);
    return db;
  } catch (error) {
    throw new DatabaseError(`Cannot open the database: ${explain(error, location)}`, { cause: error });
  }
}

/** How long a thread of the service waits in SQLite at a time: meanwhile it cannot notice that the service stops. */
export function toBriefWait(busyTimeoutMs: number = DEFAULT_BUSY_TIMEOUT_MS): number {
  return Math.min(BRIEF_WAIT_MS, busyTimeoutMs);
}

/** From now on the connection waits only briefly for a lock. */
export function waitBriefly(db: DatabaseSync, busyTimeoutMs?: number): void {
  db.exec(`PRAGMA busy_timeout=${toBriefWait(busyTimeoutMs)}`);
}

/**
 * Copies the WAL into the database, synced. SQLite treats frames that an earlier process wrote but could not sync as committed
 * (https://www.sqlite.org/walformat.html), and a repeat of their messages gets a 200 without another sync. So they are made durable
 * before any request gets a response. Throws if the disk fails.
 */
export function checkpointRecovered(db: DatabaseSync): void {
  try {
    db.exec("PRAGMA wal_checkpoint(PASSIVE)");
  } catch (error) {
    // A full disk must not keep the service from reading: the WAL was synced before any of it was copied.
    if (!isFull(error)) throw error;
  }
}

/**
 * Copies the WAL into the database before the last connection closes, as far as other processes allow: a reader such as
 * Litestream must not delay a stop by the busy timeout. On a full disk the frames stay in the WAL, where they are synced.
 * Throws if the disk fails.
 */
export function checkpointAtClose(db: DatabaseSync): void {
  try {
    db.exec("PRAGMA busy_timeout=0; PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    if (!isBusy(error) && !isFull(error)) throw error;
  }
}

/** The database cannot be opened or upgraded; the message is for the operator. */
export class DatabaseError extends Error {
  override name = "DatabaseError";
}

/** COMMIT failed with an I/O error. If only the sync failed, all frames are in the WAL, and the next start may read them as committed. */
export class CommitInDoubt extends Error {
  override name = "CommitInDoubt";
}

// Primary result codes of https://www.sqlite.org/rescode.html; the low byte of an extended code.
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;
/**
 * Also a full disk: `-shm`, which indexes the pages in the WAL, must grow now and then
 * (https://www.sqlite.org/rescode.html#ioerr_shmsize).
 */
const SQLITE_IOERR_SHMSIZE = SQLITE_IOERR | (19 << 8);
/** BUSY, LOCKED, NOMEM, INTERRUPT, FULL. */
const TRANSIENT: readonly number[] = [SQLITE_BUSY, 6, 7, 9, SQLITE_FULL];
const HINTS: Readonly<Record<number, string>> = {
  [SQLITE_BUSY]: "another process must release its lock on it",
  [SQLITE_READONLY]: "it must be writable",
  [SQLITE_IOERR]: "its disk must work without I/O errors",
  [SQLITE_CORRUPT]: "it must be restored from a backup, because its content is damaged",
  [SQLITE_FULL]: "its disk must have free space",
  [SQLITE_CANTOPEN]: "it must be a file that can be opened",
  [SQLITE_NOTADB]: "it must be a SQLite file",
};

/**
 * What the operator must do about an error of SQLite, such as `/data/app.db: its disk must have free space (SQLite 13: database
 * or disk is full)`.
 */
export function explain(error: unknown, location: string): string {
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (code === undefined) return `${location}: ${message}`;
  const primary = isFull(error) ? SQLITE_FULL : code & 0xff;
  const forbidden = primary === SQLITE_CANTOPEN && isAbsolute(location) ? whyUnusable(location) : undefined;
  if (forbidden !== undefined) return `${forbidden} (SQLite ${code}: ${message})`;
  const hint = HINTS[primary];
  return hint === undefined ? `${location}: ${message} (SQLite ${code})` : `${location}: ${hint} (SQLite ${code}: ${message})`;
}

/**
 * After an I/O error the state of the file is unknown until it is reopened (https://wiki.postgresql.org/wiki/Fsync_Errors
 * applies to SQLite too): the process must not write again.
 */
export function isInputOutputError(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && (code & 0xff) === SQLITE_IOERR && code !== SQLITE_IOERR_SHMSIZE;
}

/** Whether the disk is full. */
export function isFull(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE_FULL || code === SQLITE_IOERR_SHMSIZE;
}

/**
 * Whether a commit that fails with this error may be complete in the WAL. Unless another commit overwrites it, the next start
 * reads it as committed.
 */
export function leavesInDoubt(error: unknown): boolean {
  return isInputOutputError(error) || sqliteCode(error) === SQLITE_IOERR_SHMSIZE;
}

/** Whether the file is open read-only. */
export function isReadOnly(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && (code & 0xff) === SQLITE_READONLY;
}

/** Whether the content of the file is damaged. */
export function isCorrupt(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && (code & 0xff) === SQLITE_CORRUPT;
}

/** Whether the file is not a database, or is a damaged one. */
export function isUnreadable(error: unknown): boolean {
  const code = sqliteCode(error);
  return isCorrupt(error) || (code !== undefined && (code & 0xff) === SQLITE_NOTADB);
}

/** Whether another connection holds the lock that was needed. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && (code & 0xff) === SQLITE_BUSY;
}

/** Whether the same statement may succeed later without a repair: a lock, memory or disk space was missing. */
export function isTransient(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && (isFull(error) || TRANSIENT.includes(code & 0xff));
}

/** Runs `work` in one transaction, rolled back if it throws. */
export function transaction<T>(db: DatabaseSync, work: () => T, begin: "BEGIN IMMEDIATE" | "BEGIN" = "BEGIN IMMEDIATE"): T {
  db.exec(begin);
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    // FULL and IOERR have rolled back already: ROLLBACK would throw and hide the first error.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode : undefined;
}
