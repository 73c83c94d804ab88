import { randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { SqliteLocation } from "../../core/database-location.ts";
import type { StoreSizes } from "../../core/store.ts";
import { UnusableSetting } from "../../core/unusable-setting.ts";
import { whyUnusable } from "./usable.ts";

/** The device and inode of each file by its path, `missing` if it is not there; empty for a database in memory. */
export type FileIdentity = ReadonlyMap<string, string>;

/** The files that must stay in place while a service runs: other processes would use whatever files they find at these paths. */
const KEPT = ["", "-wal", "-shm", "-owner"];

/** The files of one database. Each method is cheap enough for a health check. */
export interface DatabaseFiles {
  /** What SQLite opens: an absolute path without symbolic links, or a `file:` URI for a database in memory. */
  readonly location: string;
  readonly inMemory: boolean;
  /** Whether the file is missing or empty. */
  readonly isNew: boolean;
  /** Distinguishes the files from others of the same names. */
  identity(): Promise<FileIdentity>;
  sizes(): Promise<StoreSizes>;
}

/**
 * Finds the files of a database, and creates the folder if it is missing. Links are resolved once: SQLite keeps its WAL beside
 * the file to which a link leads, and a link that changes must not change which file is served.
 *
 * Throws `UnusableSetting` if this process may not serve the file, or cannot create it.
 */
export function locateFiles(database: SqliteLocation): DatabaseFiles {
  if (database.kind === "memory") {
    return {
      // SQLite's memdb shares a database in memory among the connections of a process that use the same name.
      location: `file:/webhook-inbox-${randomUUID()}?vfs=memdb`,
      inMemory: true,
      isNew: true,
      identity: () => Promise.resolve(new Map()),
      sizes: () => Promise.resolve({}),
    };
  }
  const path = resolveLinks(resolve(database.path));
  const problem = whyUnusable(path);
  if (problem !== undefined) throw new UnusableSetting(VARIABLE, problem);
  const isNew = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
  return { location: path, inMemory: false, isNew, identity: () => identityOf(path), sizes: () => sizesOf(path) };
}

const VARIABLE = "DATABASE_URL";

function resolveLinks(path: string, hops = 0): string {
  // The limit of Linux, too (man 7 path_resolution).
  if (hops > 40) throw new UnusableSetting(VARIABLE, `${path} must not be a link that leads back to itself`);
  let target: string | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    // A link may lead to a database that does not exist yet.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) target = resolve(dirname(path), readlinkSync(path));
    else return join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnusableSetting(VARIABLE, whyUnusable(path) ?? `${path} must be a file that can be created (${reason})`, { cause: error });
  }
  return resolveLinks(target, hops + 1);
}

async function identityOf(path: string): Promise<FileIdentity> {
  return new Map(await Promise.all(KEPT.map(async (suffix): Promise<[string, string]> => {
    const found = await stat(path + suffix).catch(() => undefined);
    return [path + suffix, found === undefined ? "missing" : `${found.dev}:${found.ino}`];
  })));
}

async function sizesOf(path: string): Promise<StoreSizes> {
  const [file, wal, disk] = await Promise.all([
    stat(path),
    // SQLite removes the WAL when its last connection closes.
    stat(`${path}-wal`).catch(() => ({ size: 0 })),
    statfs(path),
  ]);
  return { databaseBytes: file.size, walBytes: wal.size, diskFreeBytes: disk.bavail * disk.bsize };
}
