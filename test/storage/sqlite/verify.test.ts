import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { StoreUnavailable } from "../../../src/core/store.ts";
import { INDEX_SCHEMA, indexLocation } from "../../../src/storage/sqlite/index/schema.ts";
import { CHECKS, startVerifier, type CheckName, type Verifier } from "../../../src/storage/sqlite/maintain/verifier.ts";
import { atEnd } from "../../support/cleanup.ts";
import { createDatabase, sampleMessages } from "../../support/derived-database.ts";
import { message, openTestStore } from "../../support/store.ts";
import { ONLY_IN_FULL_RUN, oneOfMany, sweep } from "../../support/sweep.ts";

async function verifierOf(t: TestContext, path: string): Promise<Verifier> {
  const verifier = await startVerifier(path);
  atEnd(t, () => verifier.close());
  return verifier;
}

async function failing(verifier: Verifier): Promise<readonly CheckName[]> {
  const failed: CheckName[] = [];
  for (const name of CHECKS) if (!(await verifier.check(name)).ok) failed.push(name);
  return failed;
}

/** A connection to both files that may write to SQLite's internal tables. */
function withoutGuards(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { defensive: false });
  db.prepare(`ATTACH ? AS ${INDEX_SCHEMA}`).run(indexLocation(path));
  return db;
}

function contentOf(path: string): unknown {
  using db = new DatabaseSync(path, { readOnly: true });
  return db.prepare("SELECT * FROM messages ORDER BY seq").all();
}

test("a sound database passes every check: empty, without an index, and with a complete index", async (t) => {
  const cases = [createDatabase(t, [], { indexed: true }), createDatabase(t, sampleMessages(500), { indexed: false }), createDatabase(t, sampleMessages(500), { indexed: true })];
  for (const path of cases) assert.deepEqual(await failing(await verifierOf(t, path)), []);
});

test("texts with every code point of Unicode, and invalid times, pass", async (t) => {
  const blocks = Array.from({ length: 0x110000 / 0x400 }, (_, block) => block * 0x400).filter((first) => first < 0xd800 || first > 0xdfff);
  const texts = sweep(t, blocks, { every: 64 }).map((first) => Array.from({ length: 0x400 }, (_, at) => String.fromCodePoint(first + at)).join(""));
  const path = createDatabase(t, texts.map((text, index) => message(`m${index}`, { text })), { indexed: false });
  {
    using db = new DatabaseSync(path);
    db.exec("UPDATE messages SET ts = 'yesterday' WHERE seq = 1; UPDATE messages SET ts = '\u{1F600} Zulu time, in the \u{1F550}ZZ' WHERE seq = 2");
  }
  const verifier = await verifierOf(t, path);
  await verifier.rebuild();
  assert.deepEqual(await failing(verifier), []);
});

test("a database passes every check while a service writes to it", async (t) => {
  const { store, path } = await openTestStore(t);
  let stop = false;
  const writing = (async () => {
    for (let round = 0; !stop; round += 1) {
      await Promise.all(sampleMessages(300).map((one) => store.insert({ ...one, messageId: `${round}/${one.messageId}` })));
    }
  })();
  const verifier = await verifierOf(t, path);
  const failed: CheckName[] = [];
  while (store.count() < 5000) failed.push(...(await failing(verifier)));
  stop = true;
  await writing;
  assert.deepEqual(failed, []);
});

const DELETE_ENTRY = "INSERT INTO messages_search (messages_search, rowid, text) SELECT 'delete', seq, text FROM messages WHERE seq =";

/** Changes to the messages with `sqlite3`, after which the index no longer fits. */
const EDITS: readonly (readonly [title: string, sql: string])[] = [
  ["a row deleted", "DELETE FROM messages WHERE seq = 5"],
  ["the last row deleted", "DELETE FROM messages WHERE seq = 500"],
  ["every row deleted", "DELETE FROM messages"],
  ["a row that replaces another one", "DELETE FROM messages WHERE seq = 5; INSERT INTO messages VALUES (5, 'other', '+1', '+2', '2025-01-11T10:00:00Z', 'other', 'now')"],
  ["a sender changed", "UPDATE messages SET from_msisdn = '+77' WHERE seq = 5"],
  ["a time changed", "UPDATE messages SET ts = '2025-02-01T00:00:00Z' WHERE seq = 5"],
  ["a text changed", "UPDATE messages SET text = 'text number 999' WHERE seq = 5"],
];
const OF_THE_INDEX: readonly CheckName[] = ["index", "counters", "senders", "search"];
const WITHOUT_TRIGGERS = "DROP TRIGGER messages_updated; DROP TRIGGER messages_deleted; ";

/** Damage to a database of 500 messages, and the checks that must fail. */
const DAMAGE: readonly (readonly [title: string, sql: string, expected: readonly CheckName[]])[] = [
  ...EDITS.map(([title, sql]) => [title, sql, OF_THE_INDEX] as const),
  ["a row deleted without triggers", `${WITHOUT_TRIGGERS}DELETE FROM messages WHERE seq = 5`, ["schema", "counters", "senders", "search"]],
  ["a sender changed without triggers", `${WITHOUT_TRIGGERS}UPDATE messages SET from_msisdn = '+77' WHERE seq = 5`, ["schema", "senders"]],
  ["a time changed within its second without triggers", `${WITHOUT_TRIGGERS}UPDATE messages SET ts = replace(ts, '.25Z', '.5Z') WHERE seq = 6`, ["schema", "senders"]],
  ["a text made null without triggers", `${WITHOUT_TRIGGERS}UPDATE messages SET text = NULL WHERE seq = 5`, ["schema", "search"]],
  ["the number of messages wrong", "UPDATE index_state SET messages = messages + 1", ["counters"]],
  ["the number of senders wrong", "UPDATE index_state SET senders = senders - 1", ["counters"]],
  ["a sender's count wrong", "UPDATE sender_counts SET count = count + 1 WHERE from_msisdn = '+3'", ["counters"]],
  ["a sender's count missing", "DELETE FROM sender_counts WHERE from_msisdn = '+7'", ["counters"]],
  ["a count of a sender without messages", "INSERT INTO sender_counts VALUES ('+0', 1)", ["counters"]],
  ...["10", "13", "16", "19"].map((level) => [`a count wrong at level ${level}`, `UPDATE time_counts SET count = count - 1 WHERE scope = '' AND level = ${level} AND prefix LIKE '2025-01-11%'`, ["counters"]] as const),
  ["a sender's day wrong, and a day of a sender without messages", "UPDATE time_counts SET count = count + 1 WHERE scope = '+2' AND level = 10; INSERT INTO time_counts VALUES ('+9', 13, '2999-01-01T00', 1)", ["counters"]],
  ["a sender's hour missing", "DELETE FROM time_counts WHERE scope = '+2' AND level = 13", ["counters"]],
  ["a count of an hour without messages, before all others", "INSERT INTO time_counts VALUES ('', 13, '1999-01-01T00', 1)", ["counters"]],
  ["a count at a level that does not exist", "INSERT INTO time_counts VALUES ('+1', 16, '2025-01-11T10:00', 1)", ["counters"]],
  ["a message missing from the list of its sender", "DELETE FROM sender_messages WHERE seq = 5", ["counters", "senders"]],
  ["a sender's entry that points to another message", "UPDATE sender_messages SET seq = 6 WHERE seq = 5", ["senders"]],
  ["a sender's entry at another time", "UPDATE sender_messages SET key = '2025-01-12T10:00:00' WHERE seq = 5", ["counters", "senders"]],
  ["a row without its entry in the search index", `${DELETE_ENTRY} 5`, ["search"]],
  ["an entry for a row without text", "INSERT INTO messages_search (rowid, text) VALUES (10, 'text number 10')", ["search"]],
  ["the search entries of a row at another row", `${DELETE_ENTRY} 5; INSERT INTO messages_search (rowid, text) SELECT 10, text FROM messages WHERE seq = 5`, ["search"]],
  ["a search entry above the watermark", "INSERT INTO messages_search (rowid, text) VALUES (501, 'text')", ["search"]],
  ["an empty search index", "INSERT INTO messages_search (messages_search) VALUES ('delete-all')", ["search"]],
  ["a watermark above the last row", "UPDATE index_state SET high = 501", OF_THE_INDEX],
  ["a watermark below the last indexed row", "UPDATE index_state SET high = 400", ["counters", "senders", "search"]],
  ["another generation", "UPDATE index_state SET generation = 'x'", OF_THE_INDEX],
  ["no state", "DELETE FROM index_state", OF_THE_INDEX],
  ["an excluded row that is still indexed", "INSERT INTO excluded_messages VALUES (5)", ["counters", "senders", "search"]],
  ["the table of counts missing", "DROP TABLE sender_counts", ["counters"]],
  ["the search index missing", "DROP TABLE messages_search", ["search"]],
  ["an index missing", "DROP INDEX messages_by_ts", ["schema"]],
    ["pages of the search index missing", "DELETE FROM messages_search_data WHERE id > 10", ["index", "search"]],
  ["a page of the search index overwritten", "UPDATE messages_search_data SET block = zeroblob(50) WHERE id > 10", ["index", "search"]],
  ["the content of the search index missing", "DROP TABLE messages_search_idx", ["index", "search"]],
];

for (const [index, [title, sql, expected]] of DAMAGE.entries()) {
  test(`${title}: is found, and repaired by a rebuild that does not change the messages`, { skip: oneOfMany(index, { every: 8 }) }, async (t) => {
    const path = createDatabase(t, sampleMessages(500), { indexed: true });
    {
      using db = withoutGuards(path);
      db.exec(sql);
    }
    const before = contentOf(path);
    const verifier = await verifierOf(t, path);
    assert.deepEqual(await failing(verifier), expected);
    await verifier.rebuild();
    // A rebuild does not restore triggers, because the operator must find out who dropped them.
    assert.deepEqual(await failing(verifier), sql.startsWith(WITHOUT_TRIGGERS) ? ["schema"] : []);
    assert.deepEqual(contentOf(path), before);
  });
}

test("search entries that moved to other rows with the same count and sum of seq are found", async (t) => {
  const path = createDatabase(t, Array.from({ length: 10 }, (_, index) => message(`m${index}`, { text: index === 4 || index === 6 ? null : "same" })), { indexed: true });
  {
    using db = withoutGuards(path);
    db.exec(`${DELETE_ENTRY} 4; ${DELETE_ENTRY} 8; INSERT INTO messages_search (rowid, text) VALUES (5, 'same'), (7, 'same')`);
  }
  assert.deepEqual(await failing(await verifierOf(t, path)), ["search"]);
});

test("a row missing from an index of the table is found, and repaired by a rebuild", async (t) => {
  const path = createDatabase(t, sampleMessages(500), { indexed: true });
  const { name, sql, rootpage } = detachIndex(path, "messages_by_ts");
  {
    using db = withoutGuards(path);
    // While the index is not in the schema, the row is deleted without its entry.
    db.exec("DELETE FROM messages WHERE seq = 5; PRAGMA writable_schema = 1");
    db.prepare("INSERT INTO sqlite_schema VALUES ('index', ?, 'messages', ?, ?)").run(name, rootpage, sql);
  }
  const verifier = await verifierOf(t, path);
  assert.equal((await verifier.check("integrity")).ok, false);
  await verifier.rebuild();
  assert.deepEqual(await failing(verifier), []);
});

function detachIndex(path: string, name: string): { readonly name: string; readonly sql: string; readonly rootpage: number } {
  using db = withoutGuards(path);
  const row = db.prepare("SELECT sql, rootpage FROM sqlite_schema WHERE name = ?").get(name);
  db.exec("PRAGMA writable_schema = 1");
  db.prepare("DELETE FROM sqlite_schema WHERE name = ?").run(name);
  return { name, sql: String(row?.["sql"]), rootpage: Number(row?.["rootpage"]) };
}

test("a damaged page of the messages is found, and a rebuild refuses to change the file", async (t) => {
  const path = createDatabase(t, sampleMessages(500), { indexed: true });
  overwritePage(path, "messages");
  const bytes = readFileSync(path);
  const verifier = await verifierOf(t, path);
  assert.ok((await failing(verifier)).includes("integrity"));
  await assert.rejects(verifier.rebuild(), StoreUnavailable);
  assert.ok(readFileSync(path).equals(bytes));
});

/** Overwrites the second half of the first leaf of a table. */
function overwritePage(path: string, table: string): void {
  using db = new DatabaseSync(path, { readOnly: true });
  const page = db.prepare("SELECT pageno, pgoffset, pgsize FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno LIMIT 1").get(table);
  const half = Number(page?.["pgsize"]) / 2;
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(half, 0xa5), 0, half, Number(page?.["pgoffset"]));
  closeSync(file);
}

test("a file that is not a database cannot be checked", async (t) => {
  const path = createDatabase(t, sampleMessages(10), { indexed: true });
  const file = openSync(path, "r+");
  writeSync(file, "no such file format", 0);
  closeSync(file);
  const verifier = await verifierOf(t, path);
  for (const name of CHECKS) await assert.rejects(verifier.check(name), StoreUnavailable);
});

for (const version of [0, 99]) {
  test(`schema version ${version} fails, and a rebuild refuses it`, async (t) => {
    const path = createDatabase(t, sampleMessages(10), { indexed: true });
    {
      using db = new DatabaseSync(path);
      db.exec(`PRAGMA user_version = ${version}`);
    }
    const verifier = await verifierOf(t, path);
    assert.equal((await verifier.check("schema")).ok, false);
    await assert.rejects(verifier.rebuild(), StoreUnavailable);
  });
}

test("a rebuild refuses a database that a service has open, even if the service is idle", ONLY_IN_FULL_RUN, async (t) => {
  const { store, path } = await openTestStore(t);
  await Promise.all(sampleMessages(50).map((one) => store.insert(one)));
  const verifier = await verifierOf(t, path);
  await assert.rejects(verifier.rebuild(), StoreUnavailable);
  assert.equal(await store.insert(message("after")), "created");
  await store.close();
  await verifier.rebuild();
  assert.deepEqual(await failing(verifier), []);
});

test("a rebuild of many rows fills the whole index, and reports its progress", ONLY_IN_FULL_RUN, async (t) => {
  // More rows than one step of the rebuild handles.
  const count = 60_000;
  const path = createDatabase(t, sampleMessages(count), { indexed: false });
  const verifier = await verifierOf(t, path);
  await verifier.rebuild();
  assert.equal(verifier.progress(), 1);
  assert.deepEqual(await failing(verifier), []);
  using db = new DatabaseSync(indexLocation(path), { readOnly: true });
  assert.deepEqual({ ...db.prepare("SELECT high, messages, senders FROM index_state").get() }, { high: count, messages: count, senders: 7 });
});

test("a service continues with a rebuilt database as with any other", async (t) => {
  const path = createDatabase(t, sampleMessages(500), { indexed: true });
  const verifier = await verifierOf(t, path);
  await verifier.rebuild();
  const { store } = await openTestStore(t, { path });
  await Promise.all(Array.from({ length: 2_000 }, (_, index) => store.insert(message(`new${index}`, { text: `fresh ${index}` }))));
  assert.equal((await store.list({ limit: 1, offset: 0, q: "number 17" })).total, 10);
  assert.equal((await store.list({ limit: 1, offset: 0, q: "fresh 1999" })).total, 1);
  await store.close();
  assert.deepEqual(await failing(verifier), []);
});
