import { Buffer } from "node:buffer";
import { accessSync, constants, readFileSync, statSync, type Stats } from "node:fs";
import { dirname } from "node:path";

/** The files beside a database that is served; if a start finds them they must be writable too. */
const BESIDE = ["-wal", "-shm", "-owner"];

/** SQLite takes paths of 504 bytes (MAX_PATHNAME of 512, less its own suffix). `-owner` and `-index`, also databases, add 6 bytes. */
const MAX_BYTES = 498;

interface Need {
  /** A mode of access(2). */
  readonly access: number;
  readonly needed: string;
}

const OF_A_FILE: Need = { access: constants.R_OK | constants.W_OK, needed: "readable and writable" };
const OF_A_FOLDER: Need = { access: constants.W_OK | constants.X_OK, needed: "writable" };

/**
 * What must be true before this process may serve the database at `path` (absolute); undefined if nothing prevents it. Without this
 * check, SQLite would open a file that the process may not write as read-only, and every delivery would fail.
 */
export function whyUnusable(path: string): string | undefined {
  if (Buffer.byteLength(path) > MAX_BYTES) return `${path} must be a path of at most ${MAX_BYTES} bytes`;
  const folder = whyNoFolder(dirname(path));
  if (folder !== undefined) return folder;
  const file = look(path);
  if (file?.isDirectory()) return `${path} must be a file, not a folder`;
  // The files of the WAL and of the owner are found by the database's name: under a second name, both would be missed.
  if (file !== undefined && file.nlink > 1) return `${path} must have only one hard link, not ${file.nlink}`;
  if (file !== undefined && isMountPoint(path)) {
    return `${path} must not be mounted as a single file: mount its folder, which also holds its write-ahead log`;
  }
  for (const one of [path, ...BESIDE.map((suffix) => path + suffix)]) {
    const found = look(one);
    const problem = found === undefined ? undefined : whyUnfit(one, found);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Why no file can be created in `folder`. If it does not exist, the nearest existing folder above it must be writable. */
function whyNoFolder(folder: string): string | undefined {
  const found = look(folder);
  if (found === undefined && dirname(folder) !== folder) return whyNoFolder(dirname(folder));
  if (found === undefined) return undefined;
  return found.isDirectory() ? whyForbidden(folder, found, OF_A_FOLDER) : `${folder} must be a folder`;
}

/** Known only on Linux (man 5 proc_pid_mountinfo). Another service that mounts the same file would have its own WAL and owner. */
function isMountPoint(path: string): boolean {
  try {
    const points = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) => line.split(" ")[4] ?? "");
    return points.some((point) => point.replaceAll(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))) === path);
  } catch {
    return false;
  }
}

function whyUnfit(path: string, found: Stats): string | undefined {
  return found.isFile() ? whyForbidden(path, found, OF_A_FILE) : `${path} must be a regular file`;
}

function whyForbidden(path: string, { uid, mode }: Stats, { access, needed }: Need): string | undefined {
  try {
    accessSync(path, access);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EROFS") return `${path} must be on a writable file system (${code})`;
    const permissions = (mode & 0o7777).toString(8).padStart(4, "0");
    return `${path} must be ${needed} by uid ${process.getuid?.()}: it belongs to uid ${uid} and has mode ${permissions} (${code})`;
  }
}

/** Undefined for a file that does not exist or cannot be seen; a folder above it that hides it is reported separately. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
