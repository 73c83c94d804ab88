import assert from "node:assert/strict";
import { closeSync, cpSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { before, test, type TestContext } from "node:test";
import { StoreUnavailable, type MessageStore } from "../../../src/core/store.ts";
import { untilTestsEnd } from "../../support/cleanup.ts";
import { message, openTestStore, temporaryFolder, untilIndexed } from "../../support/store.ts";
import { oneOfMany } from "../../support/sweep.ts";

const PAGE_BYTES = 4096;
const ROWS = 300;

function numbered(index: number): ReturnType<typeof message> {
  return { ...message(`m${index}`, { from: "+1", text: `${"x".repeat(200)} ${index}` }), payload: "{}" };
}

async function firstTwo(store: MessageStore, query: { readonly from?: string; readonly q?: string }): Promise<readonly string[]> {
  return (await store.list({ limit: 2, offset: 0, order: "asc", ...query })).data.map((row) => row.message_id);
}

type Operation = readonly [run: (store: MessageStore) => Promise<unknown>, expected: unknown];

/** Operations of the store, and their results while nothing is damaged. */
const OPERATIONS = {
  insert: [(store) => store.insert(message("new", { from: "+1" })), "created"],
  repeat: [(store) => store.insert(numbered(7)), "duplicate"],
  get: [async (store) => (await store.get("m7"))?.message_id, "m7"],
  payload: [(store) => store.payload("m7"), "{}"],
  "list of a sender": [(store) => firstTwo(store, { from: "+1" }), ["m0", "m1"]],
  "list of all": [(store) => firstTwo(store, {}), ["m0", "m1"]],
  search: [(store) => firstTwo(store, { q: "x 77" }), ["m77"]],
  tail: [async (store) => (await store.since(0, 2)).data.map((row) => row.message_id), ["m0", "m1"]],
  stats: [async (store) => (await store.stats()).senders_count, 1],
} satisfies Readonly<Record<string, Operation>>;

/** For each table and index of the main file, the operations that are refused if its root page is damaged before a start. */
const REFUSED: Readonly<Record<string, readonly (keyof typeof OPERATIONS)[] | "no start">> = {
  messages: "no start",
  sqlite_autoindex_messages_1: ["insert", "repeat", "get", "payload"],
  messages_by_ts: ["insert", "list of all", "stats"],
  payloads: ["payload"],
  removed_messages: "no start",
  store_state: "no start",
  former_generations: "no start",
};

const FILE = untilTestsEnd();

/** The folder of a database with removed messages that was closed cleanly; each test has a copy of it. */
let original: string;

before(async () => {
  original = temporaryFolder(FILE);
  const { store } = await openTestStore(FILE, { path: join(original, "app.db") });
  await store.insertAll([...Array.from({ length: ROWS }, (_, index) => numbered(index)), message("gone")]);
  await store.erase({ messageId: "gone" });
  await untilIndexed(store);
  await store.close();
});

function copyOf(t: TestContext): string {
  const folder = temporaryFolder(t);
  cpSync(original, folder, { recursive: true });
  return join(folder, "app.db");
}

function rootOf(path: string, name: string): number {
  using db = new DatabaseSync(path, { readOnly: true });
  return Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(name)?.["rootpage"]);
}

function damage(path: string, name: string): void {
  const position = (rootOf(path, name) - 1) * PAGE_BYTES;
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, position);
  closeSync(file);
}

/** Runs all operations and returns those that were refused. Throws if another result is wrong. */
async function refusedBy(store: MessageStore): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const [name, [run, expected]] of Object.entries<Operation>(OPERATIONS)) {
    const result = await run(store).catch((error: unknown) => {
      assert.ok(error instanceof StoreUnavailable, String(error));
      return "unavailable";
    });
    if (result === "unavailable") refused.push(name);
    else assert.deepEqual(result, expected, name);
  }
  return refused;
}

test("the cases cover every table and index of the main file", (t) => {
  const path = copyOf(t);
  using db = new DatabaseSync(path, { readOnly: true });
  const names = db.prepare("SELECT name FROM sqlite_schema WHERE rootpage > 0 ORDER BY name").all().map((row) => String(row["name"]));
  assert.deepEqual(names, Object.keys(REFUSED).toSorted());
});

for (const [index, [name, expected]] of Object.entries(REFUSED).entries()) {
  const skip = oneOfMany(index, { every: 4 });
  test(`${name} damaged while the store is closed: ${expected === "no start" ? "the store does not start, and says why" : `everything except ${expected.join(", ")} is served`}`, { skip }, async (t) => {
    const path = copyOf(t);
    damage(path, name);
    if (expected === "no start") {
      await assert.rejects(openTestStore(t, { path }), /it must be restored from a backup, because its content is damaged/);
      return;
    }
    const { store, fatal, failures } = await openTestStore(t, { path });
    assert.deepEqual(await refusedBy(store), expected);
    assert.notDeepEqual(await store.check(), [], "not ready");
    if (expected.includes("insert")) assert.match(failures[0] ?? "", /its content is damaged/);
    assert.deepEqual(fatal, []);
  });

  test(`${name} damaged while the store is open: each result is right or a refusal, and the store is not ready if it stores nothing`, { skip }, async (t) => {
    const path = copyOf(t);
    const { store, fatal } = await openTestStore(t, { path });
    damage(path, name);
    const refused = await refusedBy(store);
    if (refused.includes("insert")) assert.notDeepEqual(await store.check(), []);
    assert.deepEqual(fatal, []);
  });
}
