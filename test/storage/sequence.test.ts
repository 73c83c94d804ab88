import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExportPage, ExportQuery } from "../../src/core/queries.ts";
import { message, openTestStore } from "../support/store.ts";

test("since gives the messages behind a seq in the order of commits, and tells whether more may follow", async (t) => {
  const { store } = await openTestStore(t);
  assert.equal(await store.lastSequence(), 0);
  assert.deepEqual(await store.since(0, 10), { data: [], more: false });
  await Promise.all(["b", "a", "c"].map((id) => store.insert(message(id))));
  assert.equal(await store.lastSequence(), 3);
  for (const [seq, limit, ids, more] of [[0, 10, ["b", "a", "c"], false], [0, 3, ["b", "a", "c"], true], [1, 1, ["a"], true], [3, 3, [], false], [9, 3, [], false]] as const) {
    const page = await store.since(seq, limit);
    assert.deepEqual([page.data.map((one) => one.message_id), page.more], [ids, more], `since ${seq}, ${limit}`);
  }
  assert.deepEqual(Object.keys((await store.since(0, 1)).data[0] ?? {}), ["seq", "message_id", "from", "to", "ts", "text", "created_at"]);
});

test("a page of large texts ends early", async (t) => {
  const { store } = await openTestStore(t);
  await Promise.all(Array.from({ length: 100 }, (_, index) => store.insert(message(`m${index}`, { text: "\u{1F600}".repeat(4096) }))));
  const page = await store.since(0, 100);
  assert.equal(page.data.length, 16);
  assert.equal(page.more, true);
});

test("a page of large payloads ends early where they are asked for, and all messages come in pages", async (t) => {
  const { store } = await openTestStore(t);
  const ids = Array.from({ length: 12 }, (_, index) => `m${String(index).padStart(2, "0")}`);
  await store.insertAll(ids.map((id) => ({ ...message(id), payload: JSON.stringify("x".repeat(60_000)) })));
  const pages: { readonly sequenced: string[][]; readonly exported: string[][] } = { sequenced: [], exported: [] };
  for (let after = 0, more = true; more; ) {
    const page = await store.since(after, 100, { payload: true });
    pages.sequenced.push(page.data.map((one) => one.message_id));
    ({ more } = page);
    after = page.data.at(-1)?.seq ?? after;
  }
  for (let query: ExportQuery | undefined = { upTo: 100, payload: true }; query !== undefined; ) {
    const page: ExportPage = await store.exportPage(query);
    pages.exported.push(page.data.map((one) => one.message_id));
    query = page.next && { ...query, after: page.next };
  }
  for (const one of [pages.sequenced, pages.exported]) {
    assert.deepEqual(one.flat(), ids);
    assert.ok(one.every((page) => page.length <= 3), `pages of ${one.map((page) => page.length).join(", ")}`);
  }
  assert.equal((await store.since(0, 100)).data.length, 12);
  assert.equal((await store.exportPage({ upTo: 100 })).data.length, 12);
});

test("listeners hear of each commit that adds messages, when a read finds them", async (t) => {
  const { store } = await openTestStore(t);
  const seen: Promise<number>[] = [];
  store.onCommitted(() => seen.push(store.lastSequence()));
  for (const id of ["m1", "m1", "m2"]) {
    await store.insert(message(id));
    // Otherwise it might find the next one too.
    await Promise.all(seen);
  }
  assert.deepEqual(await Promise.all(seen), [1, 2]);
});
