import { DatabaseSync, type StatementSync } from "node:sqlite";
import { DatabaseError, explain, isBusy, isReadOnly, transaction } from "./database.ts";
import { FORMER_GENERATIONS, readFormer, type RecordedHistory } from "./history.ts";

/** The one process that may write a database. */
export interface Ownership {
  /** What the owner before has recorded; undefined if there is none, or it cannot be read. */
  readonly recorded: RecordedHistory | undefined;
  /** Records the history that goes on now. */
  record(history: RecordedHistory): void;
  /** Records that this `seq` has been given: 7 µs. It is on disk within a minute, and survives kill -9 at once. */
  reached(last: number): void;
  /** Lets the next process in; a second call does nothing. */
  release(): void;
}

/**
 * Makes this process the owner of the database at `path` (absolute, links resolved), before anything of it is read or written.
 *
 * The lock is the exclusive one of `<path>-owner`, a database of its own. It holds who the owner is, and what must not go back when
 * somebody puts back an older `<path>`: its generation, and the highest `seq` ever given.
 * The kernel keeps such a lock (https://www.sqlite.org/lockingv3.html), so it goes with the process, also after kill -9. It hinders
 * no reader of the database itself, such as `sqlite3`, Litestream, `verify` and `backup`.
 *
 * Throws `DatabaseError`, naming the owner, if there is one.
 */
export function becomeOwner(path: string, nowMs: number): Ownership {
  const file = `${path}-owner`;
  let db: DatabaseSync | undefined;
  try {
    // A rollback journal would outlive a kill, and the next start does not need what was in it.
    db = new DatabaseSync(file, { timeout: 0 });
    // Once taken, the lock is kept from one transaction to the next.
    db.exec("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
    introduce(db, new Date(nowMs).toISOString());
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw new DatabaseError(`Cannot open the database: ${path} is in use by ${ownerOf(file)}`, { cause: error });
    throw new DatabaseError(`Cannot open the database: ${explain(error, file)}`, { cause: error });
  }
  const owned = db;
  let reach: StatementSync | undefined;
  return {
    recorded: readRecord(owned),
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

/**
 * Writes down who the owner is, for the next process to name it. A full disk is no reason not to start. A file that is open for
 * reading alone is one: an exclusive transaction on it would lock out nobody.
 */
function introduce(db: DatabaseSync, since: string): void {
  try {
    db.exec("DROP TABLE IF EXISTS owner; CREATE TABLE owner (pid INTEGER NOT NULL, since TEXT NOT NULL)");
    db.prepare("INSERT INTO owner VALUES (?, ?)").run(process.pid, since);
    db.exec("COMMIT");
  } catch (error) {
    if (isReadOnly(error)) throw error;
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
    // An older record, or none, makes the next start suspect more than it must, or less.
  }
}

/** An immutable file is read without its lock (https://www.sqlite.org/uri.html#uriimmutable): what it says was written before the lock. */
function ownerOf(file: string): string {
  try {
    const url = new URL("file:///");
    url.pathname = file;
    using db = new DatabaseSync(`${url.href}?immutable=1`, { readOnly: true });
    const row = db.prepare("SELECT pid, since FROM owner").get();
    return `the process ${row?.["pid"]}, since ${row?.["since"]}: only one service may have it open`;
  } catch {
    return "another process: only one service may have it open";
  }
}
