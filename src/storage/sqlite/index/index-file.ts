import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import { CACHE_KIB, toBriefWait, waitBriefly } from "../database.ts";
import { createIndexTables, INDEX_TABLES, INDEX_VERSION } from "./schema.ts";

const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

/** The location of an index, and of the database that it covers. */
export interface IndexLocation {
  /** The index file: a path, or a `file:` URI for one in memory. */
  readonly location: string;
  readonly database: string;
  readonly busyTimeoutMs: number;
}

/** Opens the index file with the database attached, read-only. Creates an empty file if there is none. Throws SQLite's error. */
export function openIndexFile({ location, database, busyTimeoutMs }: IndexLocation): DatabaseSync {
  const db = new DatabaseSync(location, { timeout: toBriefWait(busyTimeoutMs) });
  try {
    // Everything in it can be derived again. A crash of the system may tear the file: see `isTrustworthy`.
    db.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA secure_delete=ON; PRAGMA journal_size_limit=${WAL_LIMIT_BYTES};
      PRAGMA temp_store=MEMORY; PRAGMA cache_size=-${CACHE_KIB}`);
    db.prepare("ATTACH ? AS store").run(isInMemory(database) ? database : readOnlyUri(database));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Deletes the index and its WAL together: SQLite would replay an old WAL into the next file. */
export function discardIndexFile(location: string): void {
  if (isInMemory(location)) return;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(location + suffix, { force: true });
}

/** Makes the open file an empty index of the attached store. */
export function initialise(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  for (const table of INDEX_TABLES) db.exec(`DROP TABLE IF EXISTS main.${table}`);
  createIndexTables(db, "main");
  db.prepare(`UPDATE index_state SET boot = ?,
    (generation, edits, removals) = (SELECT generation, edits, removals FROM store_state)`).run(bootId());
  db.exec(`PRAGMA main.user_version=${INDEX_VERSION}; COMMIT`);
}

/**
 * Whether the file was closed properly, or was written since the operating system started. In the latter case all that a killed
 * process wrote is in the file, its WAL or the page cache. Any other file may be torn, since it is synced only when it is
 * closed.
 */
export function isTrustworthy(db: DatabaseSync, location: string, hadWal: boolean): boolean {
  if (Number(db.prepare("PRAGMA main.user_version").get()?.["user_version"]) !== INDEX_VERSION) return false;
  const boot = db.prepare("SELECT boot FROM index_state").get()?.["boot"];
  return boot === "" || (boot === bootId() && (hadWal || isInMemory(location)));
}

/** Whether the index has a WAL, as it has if it was not closed. */
export function hasWal(location: string): boolean {
  return existsSync(`${location}-wal`);
}

/**
 * From now on, until `markClosed`, the file can be trusted only until the operating system restarts. This mark is in the file
 * and synced before anything else is written, since later writes may reach the disk in any order. Throws if a reader prevents
 * the checkpoint.
 */
export function markOpen(db: DatabaseSync, busyTimeoutMs: number): void {
  db.exec("PRAGMA main.synchronous=FULL");
  setBoot(db, bootId());
  db.exec(`PRAGMA busy_timeout=${busyTimeoutMs}`);
  const isComplete = checkpoint(db);
  db.exec("PRAGMA main.synchronous=OFF");
  waitBriefly(db, busyTimeoutMs);
  if (!isComplete) throw new Error("a reader prevented it from being marked as open");
}

/**
 * Syncs the file, then marks it as complete. Does neither, and does not throw, if a reader prevents the sync, if the disk is full or
 * if a page is damaged: a stop must not fail, and the file stays marked as open.
 */
export function markClosed(db: DatabaseSync): void {
  try {
    // Copying a frame makes the checkpoint sync the file, together with all that was copied earlier without a sync.
    db.exec("PRAGMA main.synchronous=FULL; PRAGMA busy_timeout=0; UPDATE index_state SET boot = boot");
    if (checkpoint(db)) setBoot(db, "");
  } catch {
    // After a restart of the system the file is dropped and rebuilt.
  }
}

function setBoot(db: DatabaseSync, boot: string): void {
  db.prepare("UPDATE index_state SET boot = ?").run(boot);
}

/** Whether the whole WAL has been copied into the file, which is synced if anything was copied. */
function checkpoint(db: DatabaseSync): boolean {
  const row = db.prepare("PRAGMA main.wal_checkpoint(FULL)").get();
  // Both are -1 for a database in memory, which has no WAL.
  return row?.["busy"] === 0 && row["log"] === row["checkpointed"];
}

/** Distinguishes the open file and its WAL from other files of these names. */
export function identityOf(location: string): string {
  if (isInMemory(location)) return "";
  return [location, `${location}-wal`].map((path) => statSync(path, { throwIfNoEntry: false })?.ino ?? "none").join(" ");
}

function isInMemory(location: string): boolean {
  return location.startsWith("file:");
}

function readOnlyUri(path: string): string {
  const url = new URL("file:///");
  url.pathname = path.replaceAll("%", "%25");
  return `${url.href}?mode=ro`;
}

/** If the system does not identify its boot, nothing that a killed process left is trusted. Not a UUID: node:crypto takes 5 ms to load. */
const UNKNOWN_BOOT = `${process.pid} ${performance.timeOrigin}`;

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return UNKNOWN_BOOT;
  }
}
