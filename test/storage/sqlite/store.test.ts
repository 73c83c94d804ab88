import assert from "node:assert/strict";
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { test } from "node:test";
import { openTestStore, message, temporaryFolder } from "../../support/store.ts";
import { SKIP_IN_SHORT_RUN } from "../../support/sweep.ts";

test("a statement that rolls the transaction back by itself leaves nothing of the batch, before or after it", async (t) => {
  const { store, path } = await openTestStore(t);
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  // What FULL and IOERR do in the middle of a batch.
  other.exec("CREATE TRIGGER fault BEFORE INSERT ON messages WHEN NEW.message_id = 'm5' BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END");
  const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => store.insert(message(`m${index}`))));
  assert.deepEqual(new Set(outcomes), new Set(["unavailable"]));
  assert.equal(rowCount(path), 0);
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
    test(`app.db${suffix} that is ${what} under the store is a fatal fault at the next check, which names it`, { skip: suffix !== "" && SKIP_IN_SHORT_RUN }, async (t) => {
      const { store, path, fatal } = await openTestStore(t);
      assert.deepEqual(await store.check(), []);
      change(path + suffix);
      const reason = `${path}${suffix}: it was removed or replaced while the service had it open`;
      assert.deepEqual([await store.check(), fatal], [[reason], [reason]]);
    });
  }
}

test("what a killed process left in the WAL is in the database itself, synced, before the store answers", async (t) => {
  const killed = await openTestStore(t);
  await killed.store.insert(message("m1"));
  const folder = temporaryFolder(t);
  const path = join(folder, "app.db");
  for (const suffix of ["", "-wal"]) copyFileSync(killed.path + suffix, path + suffix);
  assert.equal(databaseFileHolds(path, folder), false);
  await openTestStore(t, { path });
  assert.equal(databaseFileHolds(path, folder), true);
});

test("a database that cannot be opened is refused with what to repair", async (t) => {
  const folder = temporaryFolder(t);
  await assert.rejects(openTestStore(t, { path: folder }), { name: "UnusableSetting" });
});

/** Whether the message is there without the WAL. */
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
