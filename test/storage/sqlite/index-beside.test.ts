import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { MessageStore } from "../../../src/core/store.ts";
import { indexLocation } from "../../../src/storage/sqlite/index/schema.ts";
import { assertSound, sampleMessages } from "../../support/derived-database.ts";
import { openTestStore, temporaryFolder, untilIndexed } from "../../support/store.ts";
import { oneOfMany } from "../../support/sweep.ts";
import { until } from "../../support/until.ts";

const COUNT = 300;

async function assertExact(store: MessageStore, count: number): Promise<void> {
  const messages = sampleMessages(count);
  assert.equal((await store.stats()).total_messages, count);
  assert.equal((await store.list({ limit: 1, offset: 0, q: "number 1" })).total, messages.filter(({ text }) => text?.includes("number 1")).length);
  assert.equal((await store.list({ limit: 1, offset: 0, from: "+3" })).total, messages.filter(({ from }) => from === "+3").length);
}

/** Accidents that may happen to the index file while the service runs. */
const ACCIDENTS: readonly (readonly [title: string, accident: (index: string) => void])[] = [
  ["deleted", (index) => ["", "-wal", "-shm"].forEach((suffix) => rmSync(index + suffix, { force: true }))],
  ["overwritten", (index) => ["", "-wal"].forEach((suffix) => overwrite(index + suffix))],
];

function overwrite(file: string): void {
  const opened = openSync(file, "r+");
  writeSync(opened, Buffer.alloc(statSync(file).size, 0xa5), 0);
  closeSync(opened);
}

for (const [index, [title, accident]] of ACCIDENTS.entries()) {
  test(`if the index is ${title} while the service runs, no message is refused, reads stay exact, and it is rebuilt`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const { store, path, indexFaults } = await openTestStore(t);
    await store.insertAll(sampleMessages(COUNT));
    await untilIndexed(store);
    accident(indexLocation(path));
    for (let count = COUNT; count < COUNT + 20; count += 1) {
      assert.deepEqual(await store.insertAll(sampleMessages(count + 1).slice(count)), ["created"]);
      await assertExact(store, count + 1);
    }
    await until("the index is rebuilt", () => indexFaults.length > 0 && store.maintenance().indexFaults === 0 && store.maintenance().unindexedMessages === 0, { limitMs: 30_000 });
    await assertExact(store, COUNT + 20);
    await store.close();
    await assertSound(t, path);
  });
}

test("if another program changes rows while the service runs, the index is rebuilt", async (t) => {
  const { store, path, indexFaults } = await openTestStore(t);
  await store.insertAll(sampleMessages(COUNT));
  await untilIndexed(store);
  {
    using other = new DatabaseSync(path, { timeout: 5_000 });
    other.exec("UPDATE messages SET text = 'quicksilver' WHERE seq = 7; DELETE FROM messages WHERE seq = 8");
  }
  assert.equal((await store.list({ limit: 1, offset: 0, q: "quicksilver" })).total, 1);
  assert.equal((await store.stats()).total_messages, COUNT - 1);
  await until("the index is rebuilt", () => indexFaults.length > 0 && store.maintenance().indexFaults === 0, { limitMs: 30_000 });
  assert.equal((await store.list({ limit: 1, offset: 0, q: "quicksilver" })).total, 1);
  await store.close();
  await assertSound(t, path);
});

test("if no index can be created, the service stores and reads exactly, and reports it once", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  mkdirSync(join(indexLocation(path), "in the way"), { recursive: true });
  const { store, indexFaults, fatal } = await openTestStore(t, { path });
  await store.insertAll(sampleMessages(COUNT));
  await assertExact(store, COUNT);
  assert.equal(await store.erase({ from: "+3" }), sampleMessages(COUNT).filter(({ from }) => from === "+3").length);
  assert.equal((await store.list({ limit: 1, offset: 0, from: "+3" })).total, 0);
  assert.deepEqual(await store.check(), []);
  assert.equal(store.maintenance().indexFaults, 1);
  assert.deepEqual([indexFaults.length, fatal], [1, []]);
});
