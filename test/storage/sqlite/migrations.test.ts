import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import type { StoreObserver } from "../../../src/core/store.ts";
import { migrate, SCHEMA_VERSION } from "../../../src/storage/sqlite/migrations.ts";
import { createLeftovers, estimateLeftovers } from "../../../src/storage/sqlite/write/leftovers.ts";
import { createDatabase, assertSound } from "../../support/derived-database.ts";
import { message, openTestStore, temporaryFolder } from "../../support/store.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../../support/sweep.ts";
import { until } from "../../support/until.ts";

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

test("a database of an earlier build is upgraded when it is opened, and reads return everything in order", async (t) => {
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

/** The tables that versions 1 to 3 kept beside the messages; they are now in the index file. */
const FORMER_TABLES = `
  CREATE TABLE sender_messages (
    from_msisdn TEXT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (from_msisdn, key, message_id)
  ) WITHOUT ROWID;
  CREATE TABLE index_state (id INTEGER PRIMARY KEY CHECK (id = 1), search_mark INTEGER NOT NULL, count_mark INTEGER NOT NULL, messages INTEGER NOT NULL);
  INSERT INTO index_state VALUES (1, 0, 0, 7);
  CREATE TABLE sender_counts (from_msisdn TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX sender_counts_by_count ON sender_counts (count DESC, from_msisdn);
  CREATE TABLE time_counts (
    scope TEXT NOT NULL, level INTEGER NOT NULL, prefix TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (scope, level, prefix)
  ) WITHOUT ROWID;
  CREATE VIRTUAL TABLE messages_search USING fts5 (text, content = '', detail = none, columnsize = 0, tokenize = 'trigram');
  INSERT INTO messages_search (rowid, text) SELECT seq, text || hex(randomblob(100)) FROM messages;
  INSERT INTO sender_messages SELECT from_msisdn, rtrim(ts, 'Z'), message_id, seq FROM messages;
  INSERT INTO sender_counts SELECT from_msisdn, 7 * count(*) FROM messages GROUP BY 1;
  INSERT INTO time_counts SELECT from_msisdn, 10, message_id, 1 FROM messages;
  CREATE TABLE write_probe (id INTEGER PRIMARY KEY CHECK (id = 1), checked_at TEXT, payload BLOB);
  INSERT INTO write_probe VALUES (1, NULL, NULL);`;

const ROWS = 2_000;

/** Creates a database of that schema version. */
function createVersion(t: TestContext, version: 1 | 2 | 3): string {
  const path = createDatabase(t, Array.from({ length: ROWS }, (_, index) => message(`m${index}`, { from: `+${index % 5}` })), { indexed: false });
  using db = new DatabaseSync(path);
  db.exec(`DROP TRIGGER messages_updated; DROP TRIGGER messages_deleted; DROP TABLE store_state; DROP TABLE former_generations; ${FORMER_TABLES}`);
  if (version < 3) db.exec("DROP TABLE payloads");
  if (version < 2) db.exec("DROP TABLE removed_messages");
  else {
    db.exec(`INSERT INTO removed_messages VALUES ('removed'); CREATE TABLE removal_state (id INTEGER PRIMARY KEY CHECK (id = 1), last_seq INTEGER NOT NULL);
      INSERT INTO removal_state VALUES (1, ${ROWS + 5})`);
  }
  db.exec(`PRAGMA user_version = ${version}`);
  return path;
}

for (const [index, version] of ([1, 2, 3] as const).entries()) {
  test(`version ${version} is opened at once, and its former tables are deleted step by step while reads stay exact`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const path = createVersion(t, version);
    const { store, indexFaults } = await openTestStore(t, { path });
    assert.equal((await store.list({ limit: 9, offset: 0, from: "+1" })).total, ROWS / 5);
    assert.equal(await store.insert(message("removed")), version === 1 ? "created" : "duplicate");
    await store.insert(message("new"));
    assert.equal(await store.lastSequence(), version === 1 ? ROWS + 2 : ROWS + 6);
    assert.deepEqual((await store.stats()).messages_per_sender.at(-2), { from: "+4", count: ROWS / 5 });
    await until("the upgrade is complete", () => store.maintenance().upgradeRemainingRows === 0, { limitMs: 30_000 });
    await store.close();
    assert.deepEqual(indexFaults, []);
    using db = new DatabaseSync(path, { readOnly: true });
    assert.deepEqual(db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'leftover%' OR name IN ('write_probe', 'removal_state')").all(), []);
    await assertSound(t, path);
  });
}

test("an upgrade that is interrupted continues at the next start", async (t) => {
  const path = createVersion(t, 3);
  {
    using db = new DatabaseSync(path);
    migrate(db);
    const leftovers = createLeftovers(db);
    assert.equal(estimateLeftovers(db), ROWS);
    for (let deleted = 0; deleted < ROWS * 1.5; ) deleted += leftovers.dropSome();
  }
  using db = new DatabaseSync(path);
  const leftovers = createLeftovers(db);
  for (let steps = 0; leftovers.dropSome() > 0; steps += 1) assert.ok(steps < 10_000);
  assert.equal(estimateLeftovers(db), 0);
  assert.equal(db.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok");
});

test("if the store cannot be opened, an upgrade in progress stops and is not reported as failed", ONLY_IN_FULL_RUN, async (t) => {
  const path = createVersion(t, 3);
  {
    using db = new DatabaseSync(path);
    db.exec("WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 200000) INSERT INTO time_counts SELECT 'many', 10, value, 1 FROM n");
  }
  // A folder with the name of the index file, so that no index can be opened.
  mkdirSync(join(`${path}-index`, "taken"), { recursive: true });
  const failures: string[] = [];
  const observer: StoreObserver = {
    committed: () => {},
    commitFailed: () => {},
    removed: () => {},
    indexFaulted: () => {
      throw new Error("injected fault");
    },
    upgradeFailed: (reason) => failures.push(reason),
  };
  await assert.rejects(openTestStore(t, { path, observer }), { message: "injected fault" });
  using opened = new DatabaseSync(path);
  assert.ok(estimateLeftovers(opened) > 0, "the upgrade stopped halfway");
  assert.deepEqual(failures, []);
});

test("an upgrade that fails does not change the database", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using earlier = new DatabaseSync(path);
  earlier.exec(EARLIER_TABLE);
  earlier.exec("INSERT INTO messages VALUES ('m1', '+1', '+2', '2025-01-15T10:00:00Z', 'x', 'now')");
  // The new schema needs this table name.
  earlier.exec("CREATE TABLE store_state (taken INTEGER)");
  await assert.rejects(openTestStore(t, { path }), { name: "DatabaseError" });
  assert.equal(earlier.prepare("PRAGMA user_version").get()?.["user_version"], 0);
  assert.equal(earlier.prepare("SELECT count(*) AS n FROM messages").get()?.["n"], 1);
  assert.equal(earlier.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'idx_messages_from'").get()?.["n"], 1);
});

test("a database of a newer version is refused and not changed", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using newer = new DatabaseSync(path);
  newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  await assert.rejects(openTestStore(t, { path }), { name: "DatabaseError" });
  assert.equal(newer.prepare("PRAGMA user_version").get()?.["user_version"], SCHEMA_VERSION + 1);
});

test("a table messages of another program is refused and not changed", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using other = new DatabaseSync(path);
  other.exec("CREATE TABLE messages (id INTEGER PRIMARY KEY, body TEXT)");
  await assert.rejects(openTestStore(t, { path }), { name: "DatabaseError" });
  assert.deepEqual(other.prepare("SELECT name FROM pragma_table_info('messages')").all().map((row) => row["name"]), ["id", "body"]);
});

test("a new database has the table and the columns of the contract", async (t) => {
  const { path } = await openTestStore(t);
  using db = new DatabaseSync(path, { readOnly: true });
  const columns = db.prepare("SELECT name FROM pragma_table_info('messages')").all().map((row) => row["name"]);
  assert.deepEqual(columns.slice(1), ["message_id", "from_msisdn", "to_msisdn", "ts", "text", "created_at"]);
  assert.equal(db.prepare("PRAGMA user_version").get()?.["user_version"], SCHEMA_VERSION);
});
