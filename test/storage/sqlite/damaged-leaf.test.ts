import assert from "node:assert/strict";
import { closeSync, cpSync, globSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { before, test, type TestContext } from "node:test";
import type { Message } from "../../../src/core/message.ts";
import { StoreUnavailable, type MessageStore } from "../../../src/core/store.ts";
import { untilTestsEnd } from "../../support/cleanup.ts";
import { message, openTestStore, temporaryFolder, untilIndexed } from "../../support/store.ts";
import { oneOfMany } from "../../support/sweep.ts";

const PAGE_BYTES = 4096;
const ROWS = 200;
const PAGE_SIZE = 20;
/** Makes ids so long that a few of them fill a page. */
const LONG = "x".repeat(40);

/** The orders of commits, times and ids are the same. */
const MESSAGES: readonly Message[] = Array.from({ length: ROWS }, (_, index) => {
  const number = String(index).padStart(3, "0");
  const ts = new Date(Date.UTC(2025, 0, 1, 0, index)).toISOString();
  return { ...message(`m${number}${LONG}`, { from: "+1", ts, text: `${LONG.repeat(4)} #${number}#` }), payload: `{"is":"${LONG}"}` };
});
/** A sample, because each delivery is a transaction. */
const SAMPLE = MESSAGES.filter((_, index) => index % 10 === 5);

type Operation = readonly [run: (store: MessageStore) => Promise<unknown>, expected: unknown];

function pagesOf(list: (store: MessageStore, offset: number) => Promise<readonly { readonly message_id: string }[]>): readonly Operation[] {
  return Array.from({ length: ROWS / PAGE_SIZE }, (_, index) => [
    async (store) => (await list(store, index * PAGE_SIZE)).map((row) => row.message_id),
    MESSAGES.slice(index * PAGE_SIZE, (index + 1) * PAGE_SIZE).map(({ messageId }) => messageId),
  ]);
}

/** Operations on every part of the store, and their results while nothing is damaged. */
const OPERATIONS = {
  get: MESSAGES.map(({ messageId }) => [async (store) => (await store.get(messageId))?.message_id, messageId]),
  payload: MESSAGES.map(({ messageId, payload }) => [(store) => store.payload(messageId), payload]),
  "lists of a sender": pagesOf(async (store, offset) => (await store.list({ from: "+1", limit: PAGE_SIZE, offset, order: "asc" })).data),
  "lists of all": pagesOf(async (store, offset) => (await store.list({ limit: PAGE_SIZE, offset, order: "asc" })).data),
  search: SAMPLE.map(({ messageId, text }) => [
    async (store) => (await store.list({ q: text?.slice(-5) ?? "", limit: 2, offset: 0 })).data.map((row) => row.message_id),
    [messageId],
  ]),
  tail: pagesOf(async (store, offset) => (await store.since(offset, PAGE_SIZE)).data),
  stats: [[async (store) => (await store.stats()).total_messages, ROWS]],
  repeat: SAMPLE.map((one) => [(store) => store.insert(one), "duplicate"]),
  insert: SAMPLE.map((one) => [(store) => store.insert({ ...one, messageId: `${one.messageId} new`, payload: "{}" }), "created"]),
} satisfies Readonly<Record<string, readonly Operation[]>>;

type Kind = keyof typeof OPERATIONS;

/** For each table and index with several leaves, the kinds of operations that are partly refused if a leaf in its middle is damaged. */
const REFUSED: Readonly<Record<string, readonly Kind[]>> = {
  messages: ["get", "lists of a sender", "lists of all", "search", "tail", "repeat"],
  sqlite_autoindex_messages_1: ["get", "payload", "repeat", "insert"],
  messages_by_ts: ["lists of all", "insert"],
  payloads: ["payload"],
  removed_messages: ["repeat", "insert"],
};

const FILE = untilTestsEnd();

/** The folder of a database with removed messages that was closed cleanly; each test has a copy of it. */
let original: string;

before(async () => {
  original = temporaryFolder(FILE);
  const { store } = await openTestStore(FILE, { path: join(original, "app.db") });
  await store.insertAll(MESSAGES);
  await store.insertAll(MESSAGES.map((one) => ({ ...one, messageId: `${one.messageId} gone`, from: "+2" })));
  await store.erase({ from: "+2" });
  await untilIndexed(store);
  await store.close();
});

function copyOf(t: TestContext): string {
  const folder = temporaryFolder(t);
  cpSync(original, folder, { recursive: true });
  return join(folder, "app.db");
}

/** Finds the page with https://www.sqlite.org/dbstat.html. */
function damageLeaf(path: string, name: string): void {
  using db = new DatabaseSync(path, { readOnly: true });
  const leaves = db.prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path").all(name);
  assert.ok(leaves.length >= 3, `${name} must have several leaves`);
  const page = Number(leaves[Math.floor(leaves.length / 2)]?.["pageno"]);
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
  closeSync(file);
}

/** Runs all operations and returns the kinds of which some were refused. Throws if another result is wrong. */
async function refusedBy(store: MessageStore): Promise<readonly Kind[]> {
  const kinds: Kind[] = ["get", "payload", "lists of a sender", "lists of all", "search", "tail", "stats", "repeat", "insert"];
  const refused: Kind[] = [];
  for (const kind of kinds) {
    let count = 0;
    for (const [run, expected] of OPERATIONS[kind]) {
      const result = await run(store).catch((error: unknown) => {
        assert.ok(error instanceof StoreUnavailable, String(error));
        return "unavailable";
      });
      if (result === "unavailable") count += 1;
      else assert.deepEqual(result, expected, kind);
    }
    if (count > 0) refused.push(kind);
    assert.ok(count === 0 || count < OPERATIONS[kind].length, `${kind}: not all of them may be refused`);
  }
  return refused;
}

for (const [index, [name, expected]] of Object.entries(REFUSED).entries()) {
  test(`a leaf of ${name} damaged while the store is closed: only a part of ${expected.join(", ")} is refused`, { skip: oneOfMany(index, { every: 5 }) }, async (t) => {
    const path = copyOf(t);
    damageLeaf(path, name);
    const { store, fatal, indexFaults } = await openTestStore(t, { path });
    assert.deepEqual(await refusedBy(store), expected);
    assert.deepEqual([fatal, indexFaults], [[], []]);
  });

  test(`a leaf of ${name} damaged while the store is open: no other kinds are refused`, { skip: oneOfMany(index, { every: 5 }) }, async (t) => {
    const path = copyOf(t);
    const { store, fatal } = await openTestStore(t, { path });
    await untilIndexed(store);
    damageLeaf(path, name);
    assert.deepEqual((await refusedBy(store)).filter((kind) => !expected.includes(kind)), []);
    assert.deepEqual(fatal, []);
  });
}

/** A start after a crash of the system, or after a restore, finds no index that it may use. */
function removeIndex(path: string): void {
  for (const file of globSync(`${path}-index*`)) rmSync(file);
}

for (const [index, [name, expected]] of Object.entries(REFUSED).filter(([name]) => name !== "messages").entries()) {
  test(`a leaf of ${name} damaged while there is no index: no more than that is refused`, { skip: oneOfMany(index, { every: 5 }) }, async (t) => {
    const path = copyOf(t);
    damageLeaf(path, name);
    removeIndex(path);
    const { store, fatal } = await openTestStore(t, { path });
    assert.equal(store.count(), ROWS);
    assert.deepEqual(await refusedBy(store), expected);
    assert.deepEqual(fatal, []);
  });
}

test("leaves of the messages and of their ids damaged while there is no index: messages are stored", async (t) => {
  const path = copyOf(t);
  damageLeaf(path, "messages");
  damageLeaf(path, "sqlite_autoindex_messages_1");
  removeIndex(path);
  const { store, fatal } = await openTestStore(t, { path });
  assert.equal(await store.insert(message("new")), "created");
  assert.equal((await store.get("new"))?.message_id, "new");
  assert.deepEqual(fatal, []);
});
