import { randomUUID } from "node:crypto";
import { existsSync, linkSync, renameSync, rmSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import { copyDatabase } from "../storage/sqlite/maintain/copy.ts";
import { DatabaseError } from "../storage/sqlite/database.ts";
import { openSqliteMaintenance } from "../storage/sqlite/maintain/maintenance.ts";
import { withProgress } from "./progress.ts";
import { runChecks } from "./run-checks.ts";
import { syncFolder } from "./sync-folder.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Copies the database at `source` to `target` while a service may write to it, and checks the copy. `target` appears all at
 * once, complete and synced, or not at all. A copy that fails a check is kept under the name that is printed.
 *
 * True if the copy exists and is sound. Rejects with `DatabaseError` if `target` exists or cannot be written.
 */
export async function backUp(terminal: Terminal, source: string, target: string): Promise<boolean> {
  if (!statSync(source, { throwIfNoEntry: false })?.isFile()) throw new DatabaseError(`Cannot back up: ${source} must exist and be a file`);
  refuseExisting(target);
  // In the same folder, where a rename is atomic.
  const partial = `${target}.partial-${randomUUID().slice(0, 8)}`;
  const cleanUp = (): void => {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(partial + suffix, { force: true });
  };
  terminal.beforeKilled(cleanUp);
  try {
    let share = 0;
    const copied = copyDatabase(source, partial, (done, total) => {
      share = done / total;
    });
    await withProgress(terminal, "copy", { share: () => share, result: copied });
    // The copy has no index file, since the service builds one: the checks of the index find nothing to check.
    const maintenance = await openSqliteMaintenance(partial);
    const failed = await runChecks(terminal, maintenance, { printSound: false }).finally(() => maintenance.close());
    if (failed.length > 0) {
      const kept = `${target}.unsound-${randomUUID().slice(0, 8)}`;
      renameSync(partial, kept);
      terminal.complain(`Cannot back up: ${source} must pass every check: repair it with verify --rebuild; the copy is kept as ${kept}`);
      return false;
    }
    publish(partial, target);
  } finally {
    cleanUp();
  }
  terminal.print(`${target}: ${statSync(target).size} bytes, a copy of ${source} that passed every check`);
  const leftovers = `${source}-wal, ${source}-shm and ${source}-index*`;
  terminal.print(`To restore: stop the service, remove ${leftovers}, copy ${target} over ${source}, start the service`);
  return true;
}

function refuseExisting(target: string): void {
  if (existsSync(target)) throw new DatabaseError(`Cannot back up: ${target} must not exist yet`);
}

/** Gives the complete copy its name, atomically and without replacing an existing file. */
function publish(partial: string, target: string): void {
  try {
    linkSync(partial, target);
    unlinkSync(partial);
  } catch {
    // Not every file system has hard links; on those, a file created at this very moment would be replaced.
    refuseExisting(target);
    renameSync(partial, target);
  }
  syncFolder(dirname(target));
}
