import { DatabaseSync } from "node:sqlite";
import { DatabaseError, explain, isBusy, isReadOnly } from "./database.ts";

/** The one process that may write a database. */
export interface Ownership {
  /** Lets the next process in; a second call does nothing. */
  release(): void;
}

/**
 * Makes this process the owner of the database at `path` (absolute, links resolved), before anything of it is read or written.
 *
 * The lock is that of an exclusive transaction on `<path>-owner`, a database of its own that holds nothing but who the owner is.
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
    db.exec("PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; BEGIN EXCLUSIVE");
    introduce(db, new Date(nowMs).toISOString());
  } catch (error) {
    db?.close();
    if (isBusy(error)) throw new DatabaseError(`Cannot open the database: ${path} is in use by ${ownerOf(file)}`, { cause: error });
    throw new DatabaseError(`Cannot open the database: ${explain(error, file)}`, { cause: error });
  }
  const owned = db;
  return {
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
  db.exec("BEGIN EXCLUSIVE");
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
