import type { DatabaseSync } from "node:sqlite";
import type { ReportProgress } from "./check.ts";
import { integrityComplaints, isRepairable } from "./check-file.ts";
import { DatabaseError, DEFAULT_BUSY_TIMEOUT_MS, explain, openDatabase, transaction } from "../database.ts";
import { discardIndexFile } from "../index/index-file.ts";
import { openMessageIndex } from "../index/message-index.ts";
import { indexLocation } from "../index/schema.ts";
import { MESSAGES_INDEX, readVersion, SCHEMA_VERSION } from "../migrations.ts";
import { becomeOwner } from "../owner.ts";
import { LAST_SEQ } from "../read/rows.ts";

/** A process that is about to close the database releases it within this time. */
const LOCK_TIMEOUT_MS = 1_000;

/**
 * Rebuilds all that can be derived from the messages: the index file, and the table's own indexes if they do not match. No
 * service may have the database open meanwhile. If the rebuild is interrupted, the database stays sound: the service, or the
 * next rebuild, continues.
 *
 * Throws `DatabaseError` if another process owns the database, if it has another schema version, or if the rows themselves are
 * damaged.
 */
export function rebuild(location: string, report: ReportProgress): void {
  const journalMode = readJournalMode(location);
  repairTable(location, journalMode);
  // A backup stays a single file: the service that opens it builds its index.
  if (journalMode !== "wal") {
    discardIndexFile(indexLocation(location));
    return;
  }
  const ownership = becomeOwner(location, Date.now());
  try {
    discardIndexFile(indexLocation(location));
    fillIndex(location, report);
  } finally {
    ownership.release();
  }
}

function repairTable(location: string, journalMode: string): void {
  using db = openDatabase(location, { busyTimeoutMs: LOCK_TIMEOUT_MS });
  lockOutOthers(db, location);
  const version = readVersion(db);
  if (version !== SCHEMA_VERSION) {
    throw new DatabaseError(`Cannot rebuild: the schema of ${location} must be version ${SCHEMA_VERSION}, not ${version}`);
  }
  const complaints = integrityComplaints(db);
  if (!isRepairable(complaints)) {
    throw new DatabaseError(`Cannot rebuild: ${location} must be restored from a backup, because its content is damaged`);
  }
  transaction(db, () => {
    db.exec(MESSAGES_INDEX);
    if (complaints.length > 0) db.exec("REINDEX messages");
  });
  db.exec(`PRAGMA journal_mode=${journalMode}`);
}

function fillIndex(location: string, report: ReportProgress): void {
  const total = lastSeqOf(location);
  const index = openMessageIndex({ location: indexLocation(location), database: location, busyTimeoutMs: DEFAULT_BUSY_TIMEOUT_MS });
  for (let unindexed = total; unindexed > 0; report(total - unindexed, total)) unindexed = index.step().unindexed;
  index.close();
}

function lastSeqOf(location: string): number {
  using db = openDatabase(location, { readOnly: true });
  return Number(db.prepare(`SELECT ${LAST_SEQ} AS seq`).get()?.["seq"]);
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
    const reason = `no service and no other process may have the database open (${explain(error, location)})`;
    throw new DatabaseError(`Cannot rebuild: ${reason}`, { cause: error });
  }
}
