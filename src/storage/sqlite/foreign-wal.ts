import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DatabaseError } from "./database.ts";
import { readHistory, type RecordedHistory } from "./history.ts";

/**
 * Throws `DatabaseError` if the WAL beside the database belongs to the file that was there before: if the database is a copy made
 * by `backup`, and the last owner served the database that was copied. SQLite would apply that WAL, and so damage the copy.
 */
export function refuseForeignWal(path: string, recorded: RecordedHistory | undefined): void {
  const walBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (recorded === undefined || walBytes === 0) return;
  const found = readWithoutWal(path);
  // Once a copy has been opened, it has a new generation, which is also in the owner's record.
  if (found === undefined || found.generation !== recorded.generation || !found.former.has(found.generation)) return;
  throw new DatabaseError(
    `Cannot open the database: ${path}-wal must be removed: it belongs to the database that was there before ${path} was restored`,
  );
}

/** An immutable file is read without its WAL (https://www.sqlite.org/uri.html#uriimmutable). Undefined if it cannot be read. */
function readWithoutWal(path: string): RecordedHistory | undefined {
  try {
    using db = new DatabaseSync(immutableUri(path), { readOnly: true });
    return readHistory((sql) => db.prepare(sql));
  } catch {
    return undefined;
  }
}

/** The URI by which SQLite reads a file as it is, without locks and WAL. */
export function immutableUri(path: string): string {
  const url = new URL("file:///");
  url.pathname = path;
  return `${url.href}?immutable=1`;
}
