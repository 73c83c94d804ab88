import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { SCHEMA_VERSION } from "../../src/storage/sqlite/migrations.ts";
import { message, openTestStore, temporaryFolder } from "../support/store.ts";

const EARLIER_TABLE = `
  CREATE TABLE messages (
    message_id TEXT PRIMARY KEY,
    from_msisdn TEXT NOT NULL,
    to_msisdn TEXT NOT NULL,
    ts TEXT NOT NULL,
    text TEXT,
    created_at TEXT NOT NULL
  );
  CREATE INDEX idx_messages_from ON messages (from_msisdn);
  CREATE INDEX messages_by_ts ON messages (ts, message_id);`;

const earlierRows: readonly [id: string, ts: string, text: string | null, readBack: string][] = [
  ["fraction", "2025-01-15T10:00:00.500000Z", "half", "2025-01-15T10:00:00.5Z"],
  ["plain", "2025-01-15T10:00:00Z", "Ωmega", "2025-01-15T10:00:00Z"],
  ["zone", "2025-01-15T15:00:00+05:30", null, "2025-01-15T09:30:00Z"],
  ["space", "2025-01-15 09:00:00+00:00", "s", "2025-01-15T09:00:00Z"],
  ["naive", "2025-01-15T08:00:00", "n", "2025-01-15T08:00:00Z"],
  ["no time", "yesterday", "?", "yesterday"],
];

test("a database of an earlier build opens, is upgraded, and reads back complete and in order", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using earlier = new DatabaseSync(path);
  earlier.exec(EARLIER_TABLE);
  const insert = earlier.prepare("INSERT INTO messages VALUES (?, '+1', '+2', ?, ?, '2025-01-15 10:00:01.123456')");
  for (const [id, ts, text] of earlierRows) insert.run(id, ts, text);
  earlier.close();

  const { store } = await openTestStore(t, { path });
  const { data, total } = await store.list({ limit: 100, offset: 0 });
  assert.equal(total, earlierRows.length);
  assert.deepEqual(data.map((row) => row.message_id), ["naive", "space", "zone", "plain", "fraction", "no time"]);
  for (const [id, , text, readBack] of earlierRows) {
    const row = { message_id: id, from: "+1", to: "+2", ts: readBack, text, created_at: "2025-01-15 10:00:01.123456" };
    assert.deepEqual(await store.get(id), row);
  }
  assert.equal((await store.list({ limit: 9, offset: 0, q: "ωME" })).total, 1);
  assert.equal(await store.insert(message("zone", { from: "+1", to: "+2", ts: "2025-01-15T09:30:00Z", text: null })), "duplicate");
});

test("what version 1 derived is made anew, and reads are complete meanwhile and afterwards", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  const first = await openTestStore(t, { path });
  for (const id of ["a", "b"]) await first.store.insert(message(id, { from: "+1" }));
  await first.store.close();
  using earlier = new DatabaseSync(path);
  earlier.exec(`
    ALTER TABLE index_state DROP COLUMN round_mark; ALTER TABLE index_state DROP COLUMN reached_sender; ALTER TABLE index_state DROP COLUMN reached_seq;
    INSERT INTO sender_counts VALUES ('+1', 7) ON CONFLICT DO UPDATE SET count = 7;
    DROP TABLE removed_messages; DROP TABLE removal_state; DROP TABLE payloads;
    PRAGMA user_version = 1`);
  earlier.close();

  const { store } = await openTestStore(t, { path });
  assert.equal((await store.list({ limit: 9, offset: 0, from: "+1" })).total, 2);
  assert.deepEqual((await store.stats()).messages_per_sender, [{ from: "+1", count: 2 }]);
});

test("an upgrade that fails leaves the earlier database as it was", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using earlier = new DatabaseSync(path);
  earlier.exec(EARLIER_TABLE);
  earlier.exec("INSERT INTO messages VALUES ('m1', '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now')");
  // The new schema needs this name.
  earlier.exec("CREATE TABLE index_state (taken INTEGER)");
  await assert.rejects(openTestStore(t, { path }), { name: "DatabaseError" });
  assert.equal(earlier.prepare("PRAGMA user_version").get()?.["user_version"], 0);
  assert.equal(earlier.prepare("SELECT count(*) AS n FROM messages").get()?.["n"], 1);
  assert.equal(earlier.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'idx_messages_from'").get()?.["n"], 1);
});

test("a database of a newer version is refused, and stays as it is", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using newer = new DatabaseSync(path);
  newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  await assert.rejects(openTestStore(t, { path }), { name: "DatabaseError" });
  assert.equal(newer.prepare("PRAGMA user_version").get()?.["user_version"], SCHEMA_VERSION + 1);
});

test("a table messages that is not ours is refused, and stays as it is", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using other = new DatabaseSync(path);
  other.exec("CREATE TABLE messages (id INTEGER PRIMARY KEY, body TEXT)");
  await assert.rejects(openTestStore(t, { path }), { name: "DatabaseError" });
  assert.deepEqual(other.prepare("SELECT name FROM pragma_table_info('messages')").all().map((row) => row["name"]), ["id", "body"]);
});

test("a new database has the table as the contract names it", async (t) => {
  const { path } = await openTestStore(t);
  using db = new DatabaseSync(path, { readOnly: true });
  const columns = db.prepare("SELECT name FROM pragma_table_info('messages')").all().map((row) => row["name"]);
  assert.deepEqual(columns.slice(1), ["message_id", "from_msisdn", "to_msisdn", "ts", "text", "created_at"]);
  assert.equal(db.prepare("PRAGMA user_version").get()?.["user_version"], SCHEMA_VERSION);
});
