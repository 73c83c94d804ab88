import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Message } from "../../../src/core/message.ts";
import { assertSound } from "../../support/derived-database.ts";
import { message, openTestStore, temporaryFolder } from "../../support/store.ts";

function makeMessages(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    message(`m${index}`, {
      from: `+${index % 3}`,
      ts: `2025-01-1${index % 4}T1${index % 7}:00:00Z`,
      text: index % 5 === 0 ? null : `text ${index}`,
    }),
  );
}

test("the index stays exact when messages are erased anywhere in the order", async (t) => {
  const path = join(temporaryFolder(t), "app.db");
  const first = await openTestStore(t, { path });
  await first.store.insertAll(makeMessages(1000));
  for (const messageId of ["m0", "m500", "m999", "m501"]) assert.equal(await first.store.erase({ messageId }), 1, messageId);
  assert.equal(await first.store.erase({ messageId: "m500" }), 0);
  assert.equal(await first.store.erase({ from: "+1" }), 333);
  await first.store.insertAll([message("new", { from: "+1" }), message("m500")]);
  assert.equal(first.store.count(), 1000 - 4 - 333 + 1);
  assert.equal((await first.store.list({ limit: 1, offset: 0, from: "+1" })).total, 1);
  await first.store.close();

  await assertSound(t, path);
});

test("if one message of a delivery cannot be stored, none is", async (t) => {
  const { store } = await openTestStore(t, { maxPageCount: 60 });
  const large = Array.from({ length: 40 }, (_, index) => message(`m${index}`, { text: "x".repeat(16_000) }));
  assert.deepEqual([...new Set(await store.insertAll(large))], ["unavailable"]);
  assert.equal((await store.list({ limit: 1, offset: 0 })).total, 0);
  assert.deepEqual(await store.insertAll(large.slice(0, 1)), ["created"]);
});
