import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { atEnd } from "./cleanup.ts";
import { urlInPlaceOf } from "./engine.ts";
import { PG_BIN } from "./postgres.ts";

/** A second connection to a database, as another process would have one. */
export function otherConnection(t: TestContext, path: string): DatabaseSync {
  // The service's writer may be at work on its indexes just then.
  const db = new DatabaseSync(path, { timeout: 10_000 });
  atEnd(t, () => db.close());
  return db;
}

/** Every id in the table, in the order of insertion; also where a database of PostgreSQL takes the file's place. */
export function storedIds(path: string): readonly string[] {
  const url = urlInPlaceOf(path);
  if (url !== undefined) {
    const ids = execFileSync(join(PG_BIN ?? "", "psql"), ["-At0", "-c", "SELECT message_id FROM messages ORDER BY seq", url], { encoding: "utf8" });
    return ids.split("\0").slice(0, -1);
  }
  using db = new DatabaseSync(path, { readOnly: true });
  return db.prepare("SELECT message_id FROM messages ORDER BY seq").all().map((row) => String(row["message_id"]));
}
