import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createTextMatcher } from "../../src/core/filter.ts";
import type { Message } from "../../src/core/message.ts";
import type { KeysetPosition } from "../../src/core/order.ts";
import type { MessagePage, MessageQuery } from "../../src/core/queries.ts";
import type { MessageStore } from "../../src/core/store.ts";
import { message, openTestStore } from "../support/store.ts";

test("pages are in the order of time, then of code points", async (t) => {
  const { store } = await openTestStore(t);
  await insertAll(store, [
    message("late", { ts: "2025-01-15T10:00:00.5Z" }),
    message("\u{1F600}", { ts: "2025-01-15T10:00:00Z" }),
    message("\uFB00", { ts: "2025-01-15T10:00:00Z" }),
    message("zone", { ts: "2025-01-15T15:00:00+05:30" }),
    message("leap", { ts: "2016-12-31T23:59:60Z" }),
    message("before leap", { ts: "2016-12-31T23:59:59.999999999Z" }),
    message("after leap", { ts: "2017-01-01T00:00:00Z" }),
    message("year 0", { ts: "0000-01-01T00:00:00Z" }),
  ]);
  const expected = ["year 0", "before leap", "leap", "after leap", "zone", "\uFB00", "\u{1F600}", "late"];
  assert.deepEqual(ids(await store.list({ limit: 100, offset: 0 })), expected);
  assert.deepEqual(ids(await store.list({ limit: 100, offset: 0, q: "hello" })), expected);
  assert.deepEqual(ids(await store.list({ limit: 100, offset: 0, q: "l" })), expected);
});

test("since is in time, not in text", async (t) => {
  const { store } = await openTestStore(t);
  await insertAll(store, [message("whole", { ts: "2025-01-15T10:00:00Z" }), message("half", { ts: "2025-01-15T10:00:00.5Z" })]);
  assert.deepEqual(ids(await store.list({ limit: 9, offset: 0, since: "2025-01-15T10:00:00Z" })), ["whole", "half"]);
  assert.deepEqual(ids(await store.list({ limit: 9, offset: 0, since: "2025-01-15T10:00:00.000000001Z" })), ["half"]);
});

for (const backlog of ["before the index has taken them in", "after the index has taken them in"]) {
  test(`every filter gives what a look at all messages gives, ${backlog}`, async (t) => {
    const { store } = await openTestStore(t);
    const messages = sample();
    // With an index of 256 rows a step, the second insert leaves only itself behind the mark.
    await insertAll(store, messages);
    if (backlog.startsWith("after")) {
      for (let round = 0; round < 8; round += 1) {
        const extra = message(`zz${round}`, { text: null });
        messages.push(extra);
        await store.insert(extra);
      }
    }
    await compareAll(t, store, messages);
  });
}

test("deep pages and totals of times are those of a walk, whatever part has been counted", async (t) => {
  const { store } = await openTestStore(t);
  const messages: Message[] = [];
  for (let round = 0; round < 4; round += 1) {
    const added = Array.from({ length: 1_500 }, (_, index) => {
      const n = (index * 7919 + round * 104_729) % 100_003;
      // Days, hours, minutes and seconds apart, with many messages in one second of one sender.
      const at = index % 3 === 0 ? 1_736_935_200_000 : Date.UTC(2025, n % 4, 1 + (n % 27), n % 24, n % 60, n % 60, n % 3);
      return message(`r${round}-${n}-${index}`, { from: `+${1 + (index % 2)}`, ts: new Date(at).toISOString() });
    });
    messages.push(...added);
    await insertAll(store, added);
    await comparePages(store, messages);
  }
});

async function comparePages(store: MessageStore, messages: readonly Message[]): Promise<void> {
  const ordered = inOrder(messages);
  for (const from of [undefined, "+1", "+3"]) {
    for (const since of [undefined, "2025-01-15T10:00:00Z", "2025-01-15T10:00:00.001Z", "2025-02-28T00:00:00Z", "2024-01-01T00:00:00Z"]) {
      const filter = { ...(from && { from }), ...(since && { since }) };
      const expected = ordered.filter((one) => matches(one, filter));
      for (const order of ["asc", "desc"] as const) {
        const inThatOrder = order === "asc" ? expected : expected.toReversed();
        for (const offset of [0, 1_001, 1_400, 2_750, Math.max(0, expected.length - 3), expected.length]) {
          const page = await store.list({ ...filter, order, limit: 5, offset });
          assert.deepEqual(ids(page), inThatOrder.slice(offset, offset + 5).map((one) => one.messageId), JSON.stringify({ ...filter, order, offset }));
          assert.equal(page.total, expected.length);
        }
      }
    }
  }
}

test("stats rank the senders by count, then by number, whatever part the index has taken in", async (t) => {
  const { store } = await openTestStore(t);
  assert.deepEqual(await store.stats(), {
    total_messages: 0, senders_count: 0, messages_per_sender: [], first_message_ts: null, last_message_ts: null,
  });
  const messages: Message[] = [];
  for (let sender = 1; sender <= 15; sender += 1) {
    for (let index = 0; index < 10 + (sender % 5) * 10; index += 1) {
      messages.push(message(`s${sender}-${index}`, { from: `+${sender}`, ts: `2025-01-${10 + (index % 10)}T00:00:00.${index}1Z` }));
    }
  }
  for (let start = 0; start < messages.length; start += 90) {
    await insertAll(store, messages.slice(start, start + 90));
    const seen = messages.slice(0, start + 90);
    const counts = [...Map.groupBy(seen, (one) => one.from)].map(([from, of]) => ({ from, count: of.length }));
    counts.sort((a, b) => b.count - a.count || (a.from < b.from ? -1 : 1));
    const times = seen.map((one) => one.ts).sort();
    const stats = await store.stats();
    assert.equal(stats.total_messages, seen.length);
    assert.equal(stats.senders_count, counts.length);
    assert.deepEqual(stats.messages_per_sender, counts.slice(0, 10));
    assert.equal(stats.first_message_ts, times.at(0));
    assert.equal(stats.last_message_ts, times.at(-1));
    assert.equal(store.count(), seen.length);
  }
});

function ids(page: { readonly data: readonly { readonly message_id: string }[] }): string[] {
  return page.data.map((row) => row.message_id);
}

async function insertAll(store: MessageStore, messages: readonly Message[]): Promise<void> {
  const outcomes = await Promise.all(messages.map((one) => store.insert(one)));
  assert.deepEqual(new Set(outcomes), new Set(["created"]));
}

function sample(): Message[] {
  const texts = ["Grüße aus Köln", "ΟΔΥΣΣΕΎΣ", "100% sure_thing", "back\\slash \"quoted\" it's", "abcabc", "a", null, "nothing", "NUL\u0000inside"];
  return Array.from({ length: 700 }, (_, index) =>
    message(`m${(index * 7919) % 700}`, {
      from: `+${1 + (index % 7)}`,
      to: `+${100 + (index % 3)}`,
      ts: `2025-01-15T10:${String(index % 60).padStart(2, "0")}:00${index % 3 === 0 ? "" : `.${index % 3}`}Z`,
      text: texts[index % texts.length] ?? null,
    }),
  );
}

function key(one: Message): string {
  return one.ts.slice(0, -1);
}

function inOrder(messages: readonly Message[]): Message[] {
  return messages.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.messageId < b.messageId ? -1 : 1));
}

function matches(one: Message, filter: Partial<MessageQuery>): boolean {
  return (
    (filter.from === undefined || one.from === filter.from) &&
    (filter.to === undefined || one.to === filter.to) &&
    (filter.since === undefined || key(one) >= filter.since.slice(0, -1)) &&
    (filter.until === undefined || key(one) < filter.until.slice(0, -1)) &&
    (filter.q === undefined || (one.text !== null && createTextMatcher(filter.q)(one.text)))
  );
}

/** Each page begins where the one before it has ended. */
async function compareWalk(store: MessageStore, filter: Partial<MessageQuery>, expected: readonly Message[]): Promise<void> {
  const seen: string[] = [];
  for (let after: KeysetPosition | undefined; ; ) {
    const page: MessagePage = await store.list({ ...filter, limit: 97, offset: 0, ...(after && { after }) });
    assert.equal(page.total, expected.length);
    seen.push(...ids(page));
    if (page.next === undefined) break;
    after = page.next;
  }
  assert.deepEqual(seen, expected.map((one) => one.messageId), JSON.stringify(filter));
}

test("a walk from place to place neither repeats nor leaves out what stays, whatever comes in between", async (t) => {
  for (const order of ["asc", "desc"] as const) {
    for (const from of [undefined, "+1"]) {
      const { store } = await openTestStore(t);
      // All at one instant: only the id tells them apart.
      const first = Array.from({ length: 30 }, (_, index) => message(`m${10 + index}`, { from: "+1" }));
      await insertAll(store, first);
      const seen: string[] = [];
      for (let after: KeysetPosition | undefined, round = 0; ; round += 1) {
        const page: MessagePage = await store.list({ order, limit: 7, offset: 0, ...(from && { from }), ...(after && { after }) });
        seen.push(...ids(page));
        if (page.next === undefined) break;
        after = page.next;
        if (round < 3) await insertAll(store, [message(`m0-${round}`, { from: "+1" }), message(`z-${round}`, { from: "+1" })]);
      }
      assert.equal(new Set(seen).size, seen.length);
      assert.deepEqual(first.map((one) => one.messageId).filter((id) => !seen.includes(id)), []);
    }
  }
});

test("a timeline has each hour or day with its messages, cut where it is asked to be, whatever part has been counted", async (t) => {
  const { store } = await openTestStore(t);
  const messages: Message[] = [];
  const hours = (list: readonly Message[], length: number): ReadonlyMap<string, number> =>
    new Map([...Map.groupBy(list, (one) => one.ts.slice(0, length))].sort(([a], [b]) => (a < b ? -1 : 1)).map(([prefix, of]) => [prefix, of.length]));
  for (let round = 0; round < 4; round += 1) {
    const added = Array.from({ length: 300 }, (_, index) =>
      message(`t${round}-${index}`, { ts: new Date(Date.UTC(2025, 0, 1 + (index % 5), (index * 7) % 24, index % 60, round)).toISOString() }));
    messages.push(...added);
    await insertAll(store, added);
    for (const since of [undefined, "2025-01-02T05:30:00Z", "2025-01-02T00:00:00Z"]) {
      for (const until of [undefined, "2025-01-04T11:00:00Z", "2025-01-04T11:20:00.5Z", "2025-01-02T05:40:00Z", "2024-01-01T00:00:00Z"]) {
        const range = { ...(since && { since }), ...(until && { until }) };
        const within = messages.filter((one) => matches(one, range));
        for (const [bucket, length, rest] of [["hour", 13, ":00:00Z"], ["day", 10, "T00:00:00Z"]] as const) {
          const expected = [...hours(within, length)].map(([prefix, count]) => ({ start: prefix + rest, count }));
          assert.deepEqual(await store.timeline({ bucket, limit: 1_000, ...range }), { data: expected, truncated: false }, JSON.stringify({ bucket, ...range }));
          const [, second] = expected;
          if (second === undefined) continue;
          assert.deepEqual(await store.timeline({ bucket, limit: 1, ...range }), { data: expected.slice(-1), truncated: true });
        }
      }
    }
  }
});

async function compareAll(t: TestContext, store: MessageStore, messages: readonly Message[]): Promise<void> {
  const ordered = inOrder(messages);
  const filters: Partial<MessageQuery>[] = [];
  for (const from of [undefined, "+3", "+99"]) {
    for (const since of [undefined, "2025-01-15T10:30:00.1Z", "2026-01-01T00:00:00Z"]) {
      for (const q of [undefined, "grü", "δυσ", "%", "_", "\\", "\"", "'", "abc", "a", "l\u0000i", "nul\u0000ins", "nowhere", "0% SURE"]) {
        filters.push({ ...(from && { from }), ...(since && { since }), ...(q && { q }) });
      }
      for (const to of ["+101", "+9"]) filters.push({ to, ...(from && { from }), ...(since && { since }) });
      filters.push({ to: "+100", q: "abc", ...(from && { from }) });
      for (const until of ["2025-01-15T10:45:00Z", "2025-01-15T10:30:00.1Z", "2000-01-01T00:00:00Z"]) {
        for (const more of [{}, { q: "abc" }, { q: "a" }, { to: "+102" }]) filters.push({ until, ...more, ...(from && { from }), ...(since && { since }) });
      }
    }
  }
  for (const [index, one] of filters.entries()) {
    // Each second one in the other direction.
    const filter: Partial<MessageQuery> = index % 2 === 0 ? one : { ...one, order: "desc" };
    const ascending = ordered.filter((message) => matches(message, filter));
    const expected = filter.order === "desc" ? ascending.reverse() : ascending;
    await compareWalk(store, filter, expected);
    for (const [limit, offset] of [[5, 0], [7, 20], [100, 650], [1, 10_000]] as const) {
      const page = await store.list({ ...filter, limit, offset });
      assert.deepEqual(ids(page), expected.slice(offset, offset + limit).map((one) => one.messageId), JSON.stringify(filter));
      assert.equal(page.total, expected.length, JSON.stringify(filter));
      assert.equal(page.next !== undefined, offset + limit < expected.length, JSON.stringify(filter));
    }
  }
  t.diagnostic(`${filters.length} filters, 4 pages each`);
}
