import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { atEnd } from "./cleanup.ts";
import { postgresUrlOf } from "./engine.ts";
import { PG_BIN } from "./postgres.ts";

/** A second connection to a database, like that of another process. */
export function otherConnection(t: TestContext, path: string): DatabaseSync {
  // The service's writer may hold the lock at that moment.
  const db = new DatabaseSync(path, { timeout: 10_000 });
  atEnd(t, () => db.close());
  return db;
}

/** Every id in the table, in the order of insertion; also if the database is in PostgreSQL instead of the file. */
export function storedIds(path: string): readonly string[] {
  const url = postgresUrlOf(path);
  if (url !== undefined) {
    const ids = execFileSync(join(PG_BIN ?? "", "psql"), ["-At0", "-c", "SELECT message_id FROM messages ORDER BY seq", url], { encoding: "utf8" });
    return ids.split("\0").slice(0, -1);
  }
  using db = new DatabaseSync(path, { readOnly: true });
  return db.prepare("SELECT message_id FROM messages ORDER BY seq").all().map((row) => String(row["message_id"]));
}
