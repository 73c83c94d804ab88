import { DatabaseSync } from "node:sqlite";
import type { TestContext } from "node:test";
import { atEnd } from "./cleanup.ts";

/** A second connection to a database, as another process would have one. */
export function otherConnection(t: TestContext, path: string): DatabaseSync {
  // The service's writer may be at work on its indexes just then.
  const db = new DatabaseSync(path, { timeout: 10_000 });
  atEnd(t, () => db.close());
  return db;
}

/** Every id in the table, in the order of insertion. */
export function storedIds(path: string): readonly string[] {
  using db = new DatabaseSync(path, { readOnly: true });
  return db.prepare("SELECT message_id FROM messages ORDER BY seq").all().map((row) => String(row["message_id"]));
}
