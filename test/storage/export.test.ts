import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createTextMatcher } from "../../src/core/filter.ts";
import type { Message } from "../../src/core/message.ts";
import type { ExportQuery } from "../../src/core/queries.ts";
import type { MessageStore } from "../../src/core/store.ts";
import { message, openTestStore } from "../support/store.ts";

type Filter = Omit<ExportQuery, "upTo" | "order">;

async function exportAll(store: MessageStore, query: ExportQuery): Promise<readonly string[]> {
  const ids: string[] = [];
  let page = await store.exportPage(query);
  for (;;) {
    ids.push(...page.data.map((one) => one.message_id));
    if (page.next === undefined) return ids;
    page = await store.exportPage({ ...query, after: page.next });
  }
}

/** Several pages, many messages at one instant, ids beyond ASCII. */
function sample(count: number, round: string): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    message(`${index % 3 === 0 ? "\u{1F600}" : index % 3 === 1 ? "\uFB00" : ""}${round}${(index * 7919) % count}`, {
      from: `+${1 + (index % 2)}`,
      to: `+${3 + (index % 5)}`,
      ts: index % 2 < 1 ? "2025-01-15T10:00:00Z" : `2025-01-15T10:${String(index % 60).padStart(2, "0")}:00.${1 + (index % 4)}Z`,
      text: index % 11 === 0 ? null : `text ${index % 7}`,
    }),
  );
}

function key(one: Message): string {
  return one.ts.slice(0, -1);
}

function expected(messages: readonly Message[], { from, to, since, until, q }: Filter): readonly string[] {
  return messages
    .filter((one) => (from === undefined || one.from === from) && (to === undefined || one.to === to))
    .filter((one) => (since === undefined || key(one) >= since.slice(0, -1)) && (until === undefined || key(one) < until.slice(0, -1)))
    .filter((one) => q === undefined || (one.text !== null && createTextMatcher(q)(one.text)))
    .toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : Buffer.compare(Buffer.from(a.messageId), Buffer.from(b.messageId))))
    .map((one) => one.messageId);
}

async function stored(t: TestContext, messages: readonly Message[]): Promise<MessageStore> {
  const { store } = await openTestStore(t);
  // In several batches, so that a part of them has been derived.
  for (let start = 0; start < messages.length; start += 1_000) {
    await Promise.all(messages.slice(start, start + 1_000).map((one) => store.insert(one)));
  }
  return store;
}

test("the pages of an export together are the whole list in its order, under every filter", async (t) => {
  const messages = sample(3_000, "m");
  const store = await stored(t, messages);
  const upTo = await store.lastSequence();
  const filters: readonly Filter[] = [
    {}, { from: "+1" }, { from: "+9" }, { to: "+3" }, { q: "EXT 3" }, { q: "t" }, { q: "nowhere" },
    { since: "2025-01-15T10:00:00Z" }, { since: "2025-01-15T10:00:00.1Z" }, { until: "2025-01-15T10:00:00Z" }, { until: "2025-01-15T10:30:00Z" },
    { since: "2025-01-15T10:10:00Z", until: "2025-01-15T10:20:00Z" }, { since: "2025-01-15T11:00:00Z", until: "2025-01-15T10:00:00Z" },
    { from: "+2", since: "2025-01-15T10:10:00Z", until: "2025-01-15T10:45:00Z", to: "+4", q: "text" },
  ];
  for (const filter of filters) {
    const ids = expected(messages, filter);
    assert.deepEqual(await exportAll(store, { ...filter, order: "asc", upTo }), ids, JSON.stringify(filter));
    assert.deepEqual(await exportAll(store, { ...filter, order: "desc", upTo }), ids.toReversed(), JSON.stringify(filter));
  }
});

test("an export begins behind a place, which need not be that of a message", async (t) => {
  const messages = sample(600, "m");
  const store = await stored(t, messages);
  const ids = expected(messages, {});
  for (const from of [undefined, "+1"]) {
    for (const [after, index] of [
      [{ key: "2025-01-15T10:00:00", messageId: "m502" }, ids.indexOf("m502") + 1],
      [{ key: "2025-01-15T10:00:00", messageId: "m502 " }, ids.indexOf("m502") + 1],
      [{ key: "2025-01-15T10:00:00", messageId: "\u{10FFFF}" }, ids.findIndex((id) => id === expected(messages, { since: "2025-01-15T10:00:00.1Z" })[0])],
    ] as const) {
      const ofSender = new Set(expected(messages, from === undefined ? {} : { from }));
      const query = { after, upTo: 600, ...(from && { from }) };
      assert.deepEqual(await exportAll(store, { ...query, order: "asc" }), ids.slice(index).filter((id) => ofSender.has(id)));
      const before = ids.slice(0, after.messageId === "m502" ? index - 1 : index).toReversed();
      assert.deepEqual(await exportAll(store, { ...query, order: "desc" }), before.filter((id) => ofSender.has(id)));
    }
  }
});

test("what comes while an export is under way is left out, and what it meets stays in place", async (t) => {
  const messages = sample(600, "m");
  const store = await stored(t, messages);
  for (const filter of [{}, { from: "+1" }]) {
    const upTo = 600;
    const first = await store.exportPage({ ...filter, order: "asc", upTo });
    await Promise.all(sample(300, `later${Object.keys(filter).length}-`).map((one) => store.insert(one)));
    assert.ok(first.next);
    const rest = await exportAll(store, { ...filter, order: "asc", upTo, after: first.next });
    assert.deepEqual([...first.data.map((one) => one.message_id), ...rest], expected(messages, filter));
  }
});

test("a page holds no more than a few hundred messages, fewer large ones, and looks at no more than a few thousand rows", async (t) => {
  const store = await stored(t, sample(2_500, "m"));
  assert.equal((await store.exportPage({ order: "asc", upTo: 2_500 })).data.length, 256);
  const empty = await store.exportPage({ order: "asc", upTo: 2_500, q: "nowhere" });
  assert.deepEqual([empty.data.length, empty.next === undefined], [0, false]);
  await Promise.all(Array.from({ length: 50 }, (_, index) => store.insert(message(`large${index}`, { from: "+7", text: "\u{1F600}".repeat(4096) }))));
  for (const filter of [{ from: "+7" }, { q: "\u{1F600}" }]) {
    assert.ok((await store.exportPage({ ...filter, order: "desc", upTo: 2_550 })).data.length <= 16);
  }
});
