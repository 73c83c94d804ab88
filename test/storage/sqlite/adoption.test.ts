import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { migrate } from "../../../src/storage/sqlite/migrations.ts";
import { createAdoption } from "../../../src/storage/sqlite/write/adoption.ts";
import { CONFLICT, createBatchWriter, CREATED, DUPLICATE } from "../../../src/storage/sqlite/write/batch.ts";
import { assertSound } from "../../support/derived-database.ts";
import { message, openTestStore, temporaryFolder } from "../../support/store.ts";
import { ONLY_IN_FULL_RUN } from "../../support/sweep.ts";

const EARLIER_TABLE = `
  CREATE TABLE messages (
    message_id TEXT PRIMARY KEY, from_msisdn TEXT NOT NULL, to_msisdn TEXT NOT NULL, ts TEXT NOT NULL, text TEXT, created_at TEXT NOT NULL
  );
  CREATE INDEX idx_messages_from ON messages (from_msisdn);
  CREATE INDEX messages_by_ts ON messages (ts, message_id);`;

/** Creates a database of an earlier build; one step of the upgrade moves 1,000 rows. */
function createEarlier(t: TestContext, rows: number): string {
  const path = join(temporaryFolder(t), "app.db");
  using db = new DatabaseSync(path);
  db.exec(`${EARLIER_TABLE}
    WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})
    INSERT INTO messages SELECT 'm' || n, '+' || (n % 5), '+2', '2025-01-15T10:00:00+00:00', 'text ' || n, '2025-01-15 10:00:01' FROM numbers`);
  return path;
}

test("a copy of a row that is not moved yet is a repeat, and moves the row; the next process moves the others", (t) => {
  using db = openDatabase(createEarlier(t, 3_000));
  migrate(db);
  const row = (id: string, text: string): readonly string[] => [id, "+0", "+2", "2025-01-15T10:00:00Z", text];
  const writer = createBatchWriter(db, { adoption: createAdoption(db) });
  const outcomes = writer.write([...row("m3000", "text 3000"), ...row("m2000", "other"), ...row("new", "x")], "now");
  assert.deepEqual([...outcomes], [DUPLICATE, CONFLICT, CREATED]);
  assert.deepEqual(db.prepare("SELECT seq FROM messages ORDER BY seq").all().map(({ seq }) => seq), [2_000, 3_000, 3_001]);

  const next = createAdoption(db);
  assert.equal(next.remaining(), 2_998);
  for (let steps = 0; next.remaining() > 0; steps += 1) {
    assert.ok(steps < 5);
    next.moveSome();
  }
  const sums = db.prepare("SELECT count(*) AS rows, max(seq) AS last, sum(seq) AS sum FROM messages").get();
  assert.deepEqual({ ...sums }, { rows: 3_001, last: 3_001, sum: (3_001 * 3_002) / 2 });
  assert.equal(createAdoption(db).remaining(), 0);
});

test("until all rows are moved, the store accepts messages and refuses reads; then reads return all messages", ONLY_IN_FULL_RUN, async (t) => {
  const path = createEarlier(t, 3_000);
  {
    using db = openDatabase(path);
    migrate(db);
    db.exec("CREATE TRIGGER full BEFORE DELETE ON messages_adopted BEGIN SELECT raise(ROLLBACK, 'no room'); END");
  }
  const upgrading: number[] = [];
  const failures: string[] = [];
  const observer = {
    committed: () => {},
    commitFailed: () => {},
    removed: () => {},
    upgrading: (rows: number) => upgrading.push(rows),
    upgradeFailed: (reason: string) => failures.push(reason),
  };
  const { store } = await openTestStore(t, { path, observer });
  assert.equal(await store.insert(message("new")), "created");
  assert.equal(store.count(), 3_001);
  assert.equal(store.maintenance().upgradeRemainingRows, 3_000);
  for (const read of [store.get("m1"), store.list({ limit: 1, offset: 0 }), store.stats(), store.since(0, 10), store.erase({ from: "+1" })]) {
    await assert.rejects(read, { name: "StoreUnavailable" });
  }
  assert.deepEqual(await store.check(), []);
  assert.equal(failures.length, 1);
  await store.close();
  {
    using db = openDatabase(path);
    db.exec("DROP TRIGGER full");
  }
  const next = await openTestStore(t, { path, observer });
  assert.equal((await next.store.list({ limit: 1, offset: 0, q: "TEXT 29" })).total, 111);
  assert.equal((await next.store.stats()).total_messages, 3_001);
  assert.equal(next.store.count(), 3_001);
  assert.deepEqual(upgrading, [3_000, 3_000, 0]);
  await next.store.close();
  await assertSound(t, path);
});

/** Parts of a table that an upgrade would lose. */
const REFUSED: readonly (readonly [title: string, sql: string, named: string])[] = [
  ["another column", "ALTER TABLE messages ADD COLUMN status TEXT", "status"],
  ["a trigger", "CREATE TRIGGER audit AFTER INSERT ON messages BEGIN SELECT 1; END", "audit"],
  ["a message without id", "INSERT INTO messages VALUES (NULL, '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now')", "message_id"],
  ["a message whose id is of bytes", "INSERT INTO messages VALUES (x'6d31', '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now')", "message_id"],
  ["an id that is a number", `${withColumns("message_id PRIMARY KEY, from_msisdn, to_msisdn, ts, text, created_at")}
    INSERT INTO messages VALUES (1, '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now')`, "message_id"],
  ["an id that two messages have", `${withColumns("message_id TEXT, from_msisdn, to_msisdn, ts, text, created_at")}
    INSERT INTO messages VALUES ('m', '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now'), ('m', '+1', '+2', '2025-01-15T10:00:00Z', 'y', 'now')`, "message_id"],
  ["a generated column", `${withColumns("message_id TEXT PRIMARY KEY, from_msisdn, to_msisdn, ts, text, created_at, day AS (substr(ts, 1, 10))")}`, "day"],
  ["a foreign key", `CREATE TABLE contacts (number TEXT PRIMARY KEY);
    ${withColumns("message_id TEXT PRIMARY KEY, from_msisdn REFERENCES contacts, to_msisdn, ts, text, created_at")}`, "contacts"],
  ["a negative rowid", `INSERT INTO messages (rowid, message_id, from_msisdn, to_msisdn, ts, text, created_at)
    VALUES (-1, 'm', '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now')`, "rowids"],
  ["a rowid that JavaScript cannot hold", `INSERT INTO messages (rowid, message_id, from_msisdn, to_msisdn, ts, text, created_at)
    VALUES (9007199254740993, 'm', '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now')`, "rowids"],
  ["the name of its index on another table", "DROP INDEX messages_by_ts; CREATE TABLE other (x); CREATE INDEX messages_by_ts ON other (x)", "messages_by_ts"],
  ["a view in the place of a table of this build", "CREATE VIEW payloads AS SELECT 1", "payloads"],
  ["a negative schema version", "PRAGMA user_version = -1", "-1"],
  ["the schema version of another program", "PRAGMA user_version = 1", "another program"],
  ["the present schema version of another program", "PRAGMA user_version = 4", "another program"],
];

function withColumns(columns: string): string {
  return `DROP TABLE messages; CREATE TABLE messages (${columns});`;
}

for (const [title, sql, named] of REFUSED) {
  test(`a table of an earlier build with ${title} is refused and not changed, and the error names the part`, async (t) => {
    const path = createEarlier(t, 10);
    using db = new DatabaseSync(path);
    db.exec(sql);
    const schema = (): unknown => db.prepare("SELECT type, name, sql FROM sqlite_schema").all();
    const before = schema();
    await assert.rejects(openTestStore(t, { path }), (error: Error) => error.name === "DatabaseError" && error.message.includes(named));
    assert.deepEqual(schema(), before);
  });
}

test("a database that is not in UTF-8 is refused by name: its texts would sort in another order", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  {
    using db = new DatabaseSync(path);
    db.exec(`PRAGMA encoding = 'UTF-16le'; ${EARLIER_TABLE}`);
  }
  await assert.rejects(openTestStore(t, { path }), (error: Error) => error.name === "DatabaseError" && error.message.includes("UTF-16le"));
});

test("an earlier table whose ids are unique, although nothing says so, is taken", async (t) => {
  const path = createEarlier(t, 10);
  {
    using db = new DatabaseSync(path);
    db.exec(`${withColumns("message_id TEXT, from_msisdn, to_msisdn, ts, text, created_at")}
      INSERT INTO messages VALUES ('a', '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now'), ('b', '+1', '+2', '2025-01-15T10:00:00Z', 'y', 'now')`);
  }
  const { store } = await openTestStore(t, { path });
  assert.equal((await store.list({ limit: 9, offset: 0 })).total, 2);
});

test("other tables of an earlier build are kept, and a value that is not a text never becomes the text null", async (t) => {
  const path = createEarlier(t, 10);
  {
    using db = new DatabaseSync(path);
    db.exec(`
      CREATE TABLE notes (message_id TEXT REFERENCES messages (message_id), note TEXT);
      CREATE VIEW recent AS SELECT message_id FROM messages WHERE created_at > '2025';
      DROP TABLE messages;
      CREATE TABLE messages (message_id TEXT PRIMARY KEY, from_msisdn, to_msisdn TEXT, ts TEXT, text, created_at TEXT);
      INSERT INTO messages VALUES ('m1', NULL, '+2', '2025-01-15T10:00:00Z', x'41', '2025-01-15 10:00:01'), ('m2', 5, '+2', NULL, NULL, NULL);
      INSERT INTO notes VALUES ('m1', 'mine');`);
  }
  const observer = { committed: () => {}, commitFailed: () => {}, removed: () => {}, upgradeFailed: assert.fail };
  const { store } = await openTestStore(t, { path, observer });
  const { data } = await store.list({ limit: 9, offset: 0 });
  assert.deepEqual(data.map((row) => [row.message_id, row.from, row.ts, row.text, row.created_at]), [
    ["m2", "5", "", null, ""],
    ["m1", "", "2025-01-15T10:00:00Z", "A", "2025-01-15 10:00:01"],
  ]);
  using db = new DatabaseSync(path, { readOnly: true });
  assert.equal(db.prepare("SELECT note FROM notes JOIN messages USING (message_id)").get()?.["note"], "mine");
  assert.deepEqual(db.prepare("SELECT message_id FROM recent").all().map((row) => row["message_id"]), ["m1"]);
  assert.deepEqual(db.prepare("PRAGMA foreign_key_check").all(), []);
});
