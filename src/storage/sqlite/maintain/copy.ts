import { closeSync, fdatasyncSync, fsyncSync, openSync, statSync } from "node:fs";
import { backup } from "node:sqlite";
import { numberOf, type ReportProgress } from "./check.ts";
import { DatabaseError, explain, isCorrupt, openDatabase } from "../database.ts";
import { markAsCopy } from "../history.ts";
import { readVersion, SCHEMA_VERSION } from "../migrations.ts";

/** Pages copied at a time, 4 MiB; progress is reported in between. */
const STEP_PAGES = 1024;
/** The copy is synced this often, so that a commit of the service never waits behind a pile of unwritten pages. */
const SYNC_STEPS = 4;

/**
 * Copies the database at `source` to the new file `target`, page by page, while other processes write to it: the copy holds
 * what was committed when it began. It is a single file without a WAL, and synced.
 *
 * One read transaction stays open all the time. So commits do not make the copy begin again
 * (https://www.sqlite.org/c3ref/backup_finish.html says when it would), and the WAL grows until the end. Writers never wait for
 * it.
 *
 * Rejects with `DatabaseError`; the caller must then delete `target` and `<target>-journal` if they exist.
 */
export async function copyDatabase(source: string, target: string, report: ReportProgress): Promise<void> {
  const { mode } = statSync(source);
  // Readable only for those who may read the source.
  const fd = openSync(target, "wx", mode & 0o777);
  try {
    await copyPages(source, target, (done, total) => {
      report(done, total);
      if (Math.ceil(done / STEP_PAGES) % SYNC_STEPS === 0) fdatasyncSync(fd);
    });
    finish(target);
    fsyncSync(fd);
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError(`Cannot copy the database: ${explain(error, target)}`, { cause: error });
  } finally {
    closeSync(fd);
  }
}

async function copyPages(source: string, target: string, report: ReportProgress): Promise<void> {
  using db = openDatabase(source, { readOnly: true });
  db.exec("BEGIN");
  // The transaction takes its snapshot with the first read.
  numberOf(db, "SELECT count(*) AS value FROM sqlite_schema");
  await backup(db, target, {
    rate: STEP_PAGES,
    progress: ({ totalPages, remainingPages }) => report(totalPages - remainingPages, totalPages),
  });
}

/**
 * A file in WAL mode cannot be read in a folder that the reader may not write. The service turns WAL on again. A copy begins a
 * new generation.
 */
function finish(path: string): void {
  using db = openDatabase(path);
  try {
    if (readVersion(db) === SCHEMA_VERSION) markAsCopy(db);
  } catch (error) {
    // Damaged content is copied all the same: a check of the copy reports all of it.
    if (!isCorrupt(error)) throw error;
  }
  db.exec("PRAGMA journal_mode=DELETE");
}
