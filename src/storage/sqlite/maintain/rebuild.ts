import type { DatabaseSync } from "node:sqlite";
import { numberOf, type ReportProgress } from "./check.ts";
import { integrityComplaints, isMendable } from "./check-file.ts";
import { DatabaseError, explain, openDatabase } from "../database.ts";
import { createIndexer } from "../index/indexer.ts";
import { deriveAnew, MESSAGES_INDEX, readVersion, SCHEMA_VERSION } from "../migrations.ts";

/** So many steps of the indexer share one transaction: about 32,000 rows of text. */
const STEPS_A_TRANSACTION = 32;
/** A service that stops lets go within this time; one that runs never does. */
const LOCK_TIMEOUT_MS = 1_000;

/**
 * Makes everything that is derived from `messages` anew: counters, each sender's messages, the search index, and the
 * table's own indexes where they do not fit. Nobody else may have the database open meanwhile: a service keeps the
 * marks in its memory and would go on from them.
 *
 * The first transaction empties what is derived, the following ones fill it. Where this is cut off between them the
 * database is sound, and the service, or the next rebuild, goes on with the rest.
 *
 * Throws `DatabaseError` where another process has the database open, where it is not of this build's schema version,
 * and where the rows themselves are damaged.
 */
export function rebuild(location: string, report: ReportProgress): void {
  const journalMode = readJournalMode(location);
  using db = openDatabase(location, { busyTimeoutMs: LOCK_TIMEOUT_MS });
  lockOutOthers(db, location);
  const version = readVersion(db);
  if (version !== SCHEMA_VERSION) {
    throw new DatabaseError(`Cannot rebuild: the schema of ${location} must be version ${SCHEMA_VERSION}, it is ${version}`);
  }
  const complaints = integrityComplaints(db);
  if (!isMendable(complaints)) {
    throw new DatabaseError(`Cannot rebuild: ${location} must be restored from a backup, its content is damaged`);
  }
  transaction(db, () => {
    deriveAnew(db);
    db.exec(MESSAGES_INDEX);
    if (complaints.length > 0) db.exec("REINDEX messages");
  });
  fill(db, report);
  // A backup stays the single file that it was.
  db.exec(`PRAGMA journal_mode=${journalMode}`);
}

function fill(db: DatabaseSync, report: ReportProgress): void {
  const total = 3 * numberOf(db, "SELECT max(seq) AS value FROM messages");
  const indexer = createIndexer(db);
  while (indexer.isBehind()) {
    transaction(db, () => {
      for (let step = 0; step < STEPS_A_TRANSACTION && indexer.isBehind(); step += 1) {
        indexer.step();
        // The transaction fails as a whole, and with it the rebuild.
        indexer.settle(true);
      }
    });
    report(numberOf(db, "SELECT search_mark + count_mark + sender_mark AS value FROM index_state"), total);
  }
}

function readJournalMode(location: string): string {
  using db = openDatabase(location, { readOnly: true });
  return String(db.prepare("PRAGMA journal_mode").get()?.["journal_mode"]);
}

/** Takes the file's exclusive lock and keeps it (https://www.sqlite.org/pragma.html#pragma_locking_mode). */
function lockOutOthers(db: DatabaseSync, location: string): void {
  try {
    db.exec("PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT");
  } catch (error) {
    throw new DatabaseError(`Cannot rebuild: no service and no other process may have the database open (${explain(error, location)})`, { cause: error });
  }
}

function transaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
