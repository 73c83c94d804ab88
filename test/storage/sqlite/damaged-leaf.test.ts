import assert from "node:assert/strict";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import type { Message } from "../../../src/core/message.ts";
import { StoreUnavailable, type MessageStore } from "../../../src/core/store.ts";
import { message, openTestStore, temporaryFolder } from "../../support/store.ts";

const PAGE_BYTES = 4096;
const ROWS = 300;
const PIECE = 20;
/** Makes ids so long that some of them fill a page. */
const LONG = "x".repeat(40);

/** In the order of commits, of time and of ids. */
const MESSAGES: readonly Message[] = Array.from({ length: ROWS }, (_, index) => {
  const number = String(index).padStart(3, "0");
  const ts = new Date(Date.UTC(2025, 0, 1, 0, index)).toISOString();
  return { ...message(`m${number}${LONG}`, { from: "+1", ts, text: `${LONG.repeat(4)} #${number}#` }), payload: `{"is":"${LONG}"}` };
});
/** Deliveries are transactions: not each message. */
const SAMPLE = MESSAGES.filter((_, index) => index % 10 === 5);

type Work = readonly [run: (store: MessageStore) => Promise<unknown>, right: unknown];

function pieces(list: (store: MessageStore, offset: number) => Promise<readonly { readonly message_id: string }[]>): readonly Work[] {
  return Array.from({ length: ROWS / PIECE }, (_, index) => [
    async (store) => (await list(store, index * PIECE)).map((row) => row.message_id),
    MESSAGES.slice(index * PIECE, (index + 1) * PIECE).map(({ messageId }) => messageId),
  ]);
}

/** What users of the store do, with every part of it, and what it gives them while nothing is damaged. */
const WORK = {
  get: MESSAGES.map(({ messageId }) => [async (store) => (await store.get(messageId))?.message_id, messageId]),
  payload: MESSAGES.map(({ messageId, payload }) => [(store) => store.payload(messageId), payload]),
  "lists of a sender": pieces(async (store, offset) => (await store.list({ from: "+1", limit: PIECE, offset, order: "asc" })).data),
  "lists of all": pieces(async (store, offset) => (await store.list({ limit: PIECE, offset, order: "asc" })).data),
  search: SAMPLE.map(({ messageId, text }) => [
    async (store) => (await store.list({ q: text?.slice(-5) ?? "", limit: 2, offset: 0 })).data.map((row) => row.message_id),
    [messageId],
  ]),
  tail: pieces(async (store, offset) => (await store.since(offset, PIECE)).data),
  stats: [[async (store) => (await store.stats()).total_messages, ROWS]],
  repeat: SAMPLE.map((one) => [(store) => store.insert(one), "duplicate"]),
  insert: SAMPLE.map((one) => [(store) => store.insert({ ...one, messageId: `${one.messageId} new`, payload: "{}" }), "created"]),
} satisfies Readonly<Record<string, readonly Work[]>>;

type Kind = keyof typeof WORK;

/** A page in the middle of each table and index that has several, and what is refused if it is damaged before a start: some of it, or all. */
const REFUSED: Readonly<Record<string, Partial<Record<Kind, "some" | "all">>>> = {
  messages: {},
  sqlite_autoindex_messages_1: {},
  messages_by_ts: {},
  payloads: {},
  removed_messages: {},
};

/** A database with removed messages, closed in order. */
async function prepare(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t), "app.db");
  const { store } = await openTestStore(t, { path });
  await store.insertAll(MESSAGES);
  await store.insertAll(SAMPLE.flatMap((one) => ["a", "b", "c", "d"].map((end) => ({ ...one, messageId: one.messageId + end, from: "+2" }))));
  await store.erase({ from: "+2" });
  await store.close();
  return path;
}

/** The database's own pages are read with https://www.sqlite.org/dbstat.html. */
function damageLeaf(path: string, name: string): void {
  using db = new DatabaseSync(path, { readOnly: true });
  const leaves = db.prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path").all(name);
  assert.ok(leaves.length >= 3, `${name} must have leaves beside its root`);
  const page = Number(leaves[Math.floor(leaves.length / 2)]?.["pageno"]);
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
  closeSync(file);
}

/** Does all the work, and gives what of each kind was refused. Throws if a result is neither the right one nor a refusal. */
async function refusedBy(store: MessageStore): Promise<Partial<Record<Kind, "some" | "all">>> {
  const refused: [string, "some" | "all"][] = [];
  for (const [kind, works] of Object.entries<readonly Work[]>(WORK)) {
    let count = 0;
    for (const [run, right] of works) {
      const result = await run(store).catch((error: unknown) => {
        assert.ok(error instanceof StoreUnavailable, String(error));
        return "unavailable";
      });
      if (result === "unavailable") count += 1;
      else assert.deepEqual(result, right, kind);
    }
    if (count > 0) refused.push([kind, count < works.length ? "some" : "all"]);
  }
  return Object.fromEntries(refused);
}

for (const [name, expected] of Object.entries(REFUSED)) {
  const words = Object.entries(expected).map(([kind, part]) => `${part} of ${kind}`).join(", ");
  test(`a leaf of ${name} damaged while the store is closed: refused is ${words}, and the rest is right`, async (t) => {
    const path = await prepare(t);
    damageLeaf(path, name);
    const { store, fatal } = await openTestStore(t, { path });
    assert.deepEqual(await refusedBy(store), expected);
    assert.deepEqual(fatal, []);
  });

  test(`a leaf of ${name} damaged while the store is open: what is served is right, and no more is refused`, async (t) => {
    const path = await prepare(t);
    const { store, fatal } = await openTestStore(t, { path });
    damageLeaf(path, name);
    for (const [kind, part] of Object.entries(await refusedBy(store))) assert.ok(expected[kind as Kind] === part || part === "some", kind);
    assert.deepEqual(fatal, []);
  });
}
