import assert from "node:assert/strict";
import { chmodSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { otherConnection } from "../../support/database.ts";
import { SCHEMA_VERSION } from "../../../src/storage/sqlite/migrations.ts";
import { message, openTestStore, temporaryFolder } from "../../support/store.ts";
import { asOtherUser } from "../../support/other-user.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../../support/sweep.ts";

for (const [index, [title, nameOf]] of ([
  ["its own path", (path: string) => path],
  ["a symbolic link to it", (path: string) => {
    const link = join(path, "..", "link.db");
    symlinkSync(path, link);
    return link;
  }],
] as const).entries()) {
  test(`a second store on the same database, opened by ${title}, is refused before it reads or writes`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const { store, path, fatal } = await openTestStore(t);
    await store.insert(message("m1"));
    const before = ["", "-wal"].map((suffix) => readFileSync(path + suffix));
    await assert.rejects(openTestStore(t, { path: nameOf(path), retentionDays: 1, clock: { nowMs: () => Date.now() + 1e12 } }), { name: "DatabaseError" });
    assert.deepEqual(["", "-wal"].map((suffix) => readFileSync(path + suffix)), before);
    assert.equal(await store.insert(message("m2")), "created");
    assert.equal((await store.stats()).total_messages, 2);
    assert.deepEqual(fatal, []);
  });
}

test("a store that was closed, or could not be opened, releases the database", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  const first = await openTestStore(t, { path });
  await first.store.close();
  {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 99");
  }
  await assert.rejects(openTestStore(t, { path }), { name: "DatabaseError" });
  {
    using db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  }
  assert.equal(await (await openTestStore(t, { path })).store.insert(message("m1")), "created");
});

test("the owner's lock does not block readers of the database", ONLY_IN_FULL_RUN, async (t) => {
  const { store, path } = await openTestStore(t);
  await store.insert(message("m1"));
  using reader = new DatabaseSync(path, { readOnly: true });
  assert.equal(reader.prepare("SELECT count(*) AS n FROM messages").get()?.["n"], 1);
});

test("a stop does not wait for another process that reads the database", async (t) => {
  // The last checkpoint would wait for the busy timeout, which is longer than the test may take.
  const { store, path } = await openTestStore(t, { busyTimeoutMs: 3_600_000 });
  await store.insert(message("m1"));
  const reader = otherConnection(t, path);
  reader.exec("BEGIN; SELECT count(*) FROM messages");
  await store.insert(message("m2"));
  await store.close();
  reader.exec("COMMIT");
  assert.equal(reader.prepare("SELECT count(*) AS n FROM messages").get()?.["n"], 2);
});

test("a database opened by a symbolic link reports the sizes of the real files", async (t) => {
  const folder = temporaryFolder(t);
  const real = join(folder, "real.db");
  symlinkSync(real, join(folder, "link.db"));
  const { store } = await openTestStore(t, { path: join(folder, "link.db") });
  await store.insert(message("m1"));
  const { databaseBytes = 0, walBytes = 0 } = await store.sizes();
  assert.ok(databaseBytes > 0 && walBytes > 0, `${databaseBytes} and ${walBytes} bytes`);
});

test("a read-only lock file is refused, because a lock on it would not exclude others", (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o777);
  const path = join(folder, "app.db");
  new DatabaseSync(`${path}-owner`).exec("CREATE TABLE owner (pid INTEGER NOT NULL, since TEXT NOT NULL)");
  chmodSync(`${path}-owner`, 0o444);
  const module = new URL("../../../src/storage/sqlite/owner.ts", import.meta.url);
  const script = `(() => { try { becomeOwner(${JSON.stringify(path)}, 0); return "owner"; } catch (error) { return error.message; } })()`;
  assert.match(asOtherUser(module, script), /^Cannot open the database: .*app\.db-owner: it must be writable/);
});
