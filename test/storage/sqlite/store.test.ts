import assert from "node:assert/strict";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { test } from "node:test";
import { otherConnection } from "../../support/database.ts";
import { openTestStore, message, temporaryFolder } from "../../support/store.ts";
import { SKIP_IN_SHORT_RUN } from "../../support/sweep.ts";

test("if a statement rolls back the transaction, no message of the batch is stored", async (t) => {
  const { store, path } = await openTestStore(t);
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  // The same as FULL and IOERR in the middle of a batch.
  other.exec("CREATE TRIGGER fault BEFORE INSERT ON messages WHEN NEW.message_id = 'm5' BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END");
  const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => store.insert(message(`m${index}`))));
  assert.deepEqual(new Set(outcomes), new Set(["unavailable"]));
  assert.equal(rowCount(path), 0);
});

test("a message that a trigger of another program ignores is unavailable, not a repeat", async (t) => {
  const { store, path } = await openTestStore(t);
  await store.insert(message("m1"));
  const other = otherConnection(t, path);
  other.exec("CREATE TRIGGER fault BEFORE INSERT ON messages WHEN NEW.message_id = 'm2' BEGIN SELECT RAISE(IGNORE); END");
  assert.equal(await store.insert(message("m2")), "unavailable");
  assert.deepEqual([await store.insert(message("m1")), await store.insert(message("m1", { text: "other" })), await store.insert(message("m3"))], ["duplicate", "conflict", "created"]);
  other.exec("DROP TRIGGER fault");
  assert.equal(await store.insert(message("m2")), "created");
});

const CHANGES: Readonly<Record<string, (path: string) => void>> = {
  removed: (path) => rmSync(path),
  replaced: (path) => {
    copyFileSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
  },
};

for (const suffix of ["", "-wal", "-shm", "-owner"]) {
  for (const [what, change] of Object.entries(CHANGES)) {
    test(`if app.db${suffix} is ${what} while the store is open, the next check finds a fatal fault and names the file`, { skip: suffix !== "" && SKIP_IN_SHORT_RUN }, async (t) => {
      const { store, path, fatal } = await openTestStore(t);
      assert.deepEqual(await store.check(), []);
      change(path + suffix);
      const reason = `${path}${suffix} was removed or replaced while the service had it open`;
      assert.deepEqual([await store.check(), fatal], [[reason], [reason]]);
    });
  }
}

test("messages that a killed process left in the WAL are synced into the database before the store is open", async (t) => {
  const killed = await openTestStore(t);
  await killed.store.insert(message("m1"));
  const folder = temporaryFolder(t);
  const path = join(folder, "app.db");
  for (const suffix of ["", "-wal"]) copyFileSync(killed.path + suffix, path + suffix);
  assert.equal(databaseFileHolds(path, folder), false);
  await openTestStore(t, { path });
  assert.equal(databaseFileHolds(path, folder), true);
});

test("the error for a database that cannot be opened says what to repair", async (t) => {
  const folder = temporaryFolder(t);
  await assert.rejects(openTestStore(t, { path: folder }), { name: "UnusableSetting" });
});

/** Whether the database file has the message without its WAL. */
function databaseFileHolds(path: string, folder: string): boolean {
  const alone = join(folder, "alone.db");
  copyFileSync(path, alone);
  using db = new DatabaseSync(alone);
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'messages'").get();
  return table !== undefined && db.prepare("SELECT 1 FROM messages WHERE message_id = 'm1'").get() !== undefined;
}

function rowCount(path: string): number {
  using db = new DatabaseSync(path, { readOnly: true });
  return Number(db.prepare("SELECT count(*) AS n FROM messages").get()?.["n"]);
}
