import { truncateSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { DatabaseError, explain, isBusy, isReadOnly, isUnreadable, transaction } from "./database.ts";
import { immutableUri, refuseForeignWal } from "./foreign-wal.ts";
import { FORMER_GENERATIONS, readFormer, type RecordedHistory } from "./history.ts";

/** Ownership of a database: only one process may write it. */
export interface Ownership {
  /** What the previous owner recorded; undefined if there is no record, or if it cannot be read. */
  readonly recorded: RecordedHistory | undefined;
  /** Records the present history. */
  record(history: RecordedHistory): void;
  /** Records that this `seq` has been given; takes 7 µs. Survives kill -9 at once, and is on disk after about half a minute. */
  reached(last: number): void;
  /** Lets the next process become the owner; a second call does nothing. */
  release(): void;
}

/**
 * Makes this process the owner of the database at `path` (absolute, links resolved), before anything in it is read or written.
 *
 * The lock is the exclusive lock of `<path>-owner`, a database of its own. That file names the owner. It also holds what
 * must not go back when an older `<path>` is restored: the generation, and the highest `seq` ever given. The kernel keeps
 * the lock (https://www.sqlite.org/lockingv3.html), so it is released when the process ends, even by kill -9. The lock does not
 * affect readers of the database itself, such as `sqlite3`, Litestream, `verify` and `backup`.
 *
 * Throws `DatabaseError` if there is another owner, and names it; or if the WAL beside the database is not its own.
 */
export function becomeOwner(path: string, nowMs: number): Ownership {
  const file = `${path}-owner`;
  let owned: DatabaseSync;
  try {
    owned = lock(file, nowMs);
  } catch (error) {
    if (isBusy(error)) throw new DatabaseError(`Cannot open the database: ${path} is in use by ${ownerOf(file)}`, { cause: error });
    throw new DatabaseError(`Cannot open the database: ${explain(error, file)}`, { cause: error });
  }
  let reach: StatementSync | undefined;
  const recorded = readRecord(owned);
  try {
    refuseForeignWal(path, recorded);
  } catch (error) {
    owned.close();
    throw error;
  }
  return {
    recorded,
    record: (history) =>
      attempt(() => {
        writeRecord(owned, history);
        reach = owned.prepare("UPDATE present_generation SET last_seq = ?");
      }),
    reached: (last) => attempt(() => reach?.run(last)),
    release() {
      if (owned.isOpen) owned.close();
    },
  };
}

/** Takes the lock. A file that a crash of the system has damaged is emptied: without its record the history begins a new generation. */
function lock(file: string, nowMs: number): DatabaseSync {
  try {
    return lockOnce(file, nowMs);
  } catch (error) {
    // While another process has the lock, this error does not occur. An emptied file is still the same file, with the same lock.
    if (!isUnreadable(error)) throw error;
    truncateSync(file);
    return lockOnce(file, nowMs);
  }
}

function lockOnce(file: string, nowMs: number): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    // A rollback journal would outlive a kill, and the next start does not need what it would restore. Once taken, the lock is kept
    // between transactions.
    db.exec("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
    introduce(db, new Date(nowMs).toISOString());
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Records who the owner is, so that the next process can name it. A full disk does not prevent the start. A file that is open
 * read-only does: an exclusive transaction on it would not lock out other processes.
 */
function introduce(db: DatabaseSync, since: string): void {
  try {
    db.exec("DROP TABLE IF EXISTS owner; CREATE TABLE owner (pid INTEGER NOT NULL, since TEXT NOT NULL)");
    db.prepare("INSERT INTO owner VALUES (?, ?)").run(process.pid, since);
    db.exec("COMMIT");
  } catch (error) {
    if (isReadOnly(error) || isUnreadable(error)) throw error;
    if (db.isTransaction) db.exec("ROLLBACK");
  }
  db.exec("BEGIN EXCLUSIVE; COMMIT");
}

function readRecord(db: DatabaseSync): RecordedHistory | undefined {
  try {
    const row = db.prepare("SELECT generation, last_seq FROM present_generation").get();
    if (row === undefined) return undefined;
    return { generation: String(row["generation"]), last: Number(row["last_seq"]), former: readFormer((sql) => db.prepare(sql)) };
  } catch {
    return undefined;
  }
}

function writeRecord(db: DatabaseSync, { generation, last, former }: RecordedHistory): void {
  transaction(db, () => {
    db.exec(`DROP TABLE IF EXISTS present_generation; CREATE TABLE present_generation (generation TEXT NOT NULL, last_seq INTEGER NOT NULL);
      DROP TABLE IF EXISTS former_generations; ${FORMER_GENERATIONS}`);
    db.prepare("INSERT INTO present_generation VALUES (?, ?)").run(generation, last);
    const remember = db.prepare("INSERT INTO former_generations VALUES (?, ?)");
    for (const [name, lastCommon] of former) remember.run(name, lastCommon);
  });
}

/** A message is not refused because its `seq` cannot be recorded, as on a full disk. */
function attempt(record: () => void): void {
  try {
    record();
  } catch {
    // With an older record, or none, the next start may begin a new generation without need, or fail to begin one.
  }
}

/** Read without its lock: the content was written before the lock was taken. */
function ownerOf(file: string): string {
  try {
    using db = new DatabaseSync(immutableUri(file), { readOnly: true });
    const row = db.prepare("SELECT pid, since FROM owner").get();
    return `process ${row?.["pid"]} since ${row?.["since"]}: only one service may have it open`;
  } catch {
    return "another process: only one service may have it open";
  }
}
