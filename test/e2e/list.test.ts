import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { deliverAll } from "../support/deliver-all.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp({ clock: { nowMs: () => Date.UTC(2025, 0, 15, 10, 0, 1, 234) } });

async function seed(app: TestApp, messages: readonly Record<string, unknown>[]): Promise<void> {
  for (const message of messages) assert.equal((await app.deliver(delivery(message))).status, 200);
}

async function listIds(app: TestApp, query: string): Promise<{ readonly ids: readonly unknown[]; readonly total: unknown }> {
  const response = await app.request(`/messages${query}`);
  assert.equal(response.status, 200, response.body);
  return { ids: listAt(response.json, "data").map((message) => at(message, "message_id")), total: at(response.json, "total") };
}

test("GET /messages returns every field in a fixed order, with total, limit and offset", async () => {
  const app = await shared();
  assert.equal((await app.request("/messages?to=%2B14155550100")).body, '{"data":[],"total":0,"limit":50,"offset":0}');
  await seed(app, [{ text: null }]);
  const response = await app.request("/messages?to=%2B14155550100&limit=7");
  assert.equal(
    response.body,
    '{"data":[{"message_id":"m1","from":"+919876543210","to":"+14155550100","ts":"2025-01-15T10:00:00Z","text":null,' +
      '"created_at":"2025-01-15T10:00:01.234Z"}],"total":1,"limit":7,"offset":0}',
  );
  assert.equal(response.headers["content-type"], "application/json");
});

test("messages are ordered by time, then by message_id by code point", async () => {
  const app = await shared();
  const ordered = [
    { message_id: "past", ts: "0000-01-01T00:00:00Z" },
    { message_id: "leap second", ts: "2016-12-31T23:59:60Z" },
    { message_id: "after it", ts: "2017-01-01T00:00:00Z" },
    { message_id: "offset", ts: "2025-01-15T15:00:00+05:30" },
    { message_id: "A", ts: "2025-01-15T10:00:00Z" },
    { message_id: "a", ts: "2025-01-15T15:30:00+05:30" },
    { message_id: "\u00e9", ts: "2025-01-15T10:00:00.000Z" },
    { message_id: "\uffee", ts: "2025-01-15T10:00:00Z" },
    // Beyond U+FFFF: its UTF-16 units sort before the one above.
    { message_id: "\u{1F600}", ts: "2025-01-15T10:00:00Z" },
    { message_id: "half", ts: "2025-01-15T10:00:00.5Z" },
    { message_id: "more than half", ts: "2025-01-15T10:00:00.500000001Z" },
    { message_id: "next", ts: "2025-01-15T10:00:01Z" },
  ];
  const byTime = ordered.map((message) => message.message_id);
  await seed(app, ordered.map((message) => ({ ...message, to: "+1" })).toReversed());
  // A search sorts in its own code, and must keep the same order.
  for (const query of ["?limit=100", "?limit=100&q=hello"]) {
    const { ids } = await listIds(app, query);
    assert.deepEqual(ids.filter((id) => byTime.includes(String(id))), byTime);
  }
});

const PAGES: readonly (readonly [string, readonly number[]])[] = [
  ["", Array.from({ length: 50 }, (_, index) => index)],
  ["?limit=100", Array.from({ length: 100 }, (_, index) => index)],
  ["?limit=1", [0]],
  ["?limit=2&offset=3", [3, 4]],
  ["?limit=100&offset=100", [100]],
  ["?offset=101", []],
  ["?offset=9007199254740991", []],
  ["?limit=002", [0, 1]],
  ["?limit=0&limit=1", [0]],
  ["?offset=5&limit=1&offset=6", [6]],
  ["?limit=%31&unknown=x&page=2&Limit=3", [0]],
  ["?", Array.from({ length: 50 }, (_, index) => index)],
  ["?&&=&limit=1", [0]],
];

test("a page has 50 messages unless limit says otherwise, and total counts all messages", async (t) => {
  const app = await startTestApp(t);
  const id = (index: number): string => `m${String(index).padStart(3, "0")}`;
  await deliverAll(t, app, Array.from({ length: 101 }, (_, index) => ({ message_id: id(index) })));
  for (const [query, indexes] of PAGES) {
    assert.deepEqual(await listIds(app, query), { ids: indexes.map(id), total: 101 }, query);
  }
});

const REFUSED: readonly (readonly [string, readonly string[]])[] = [
  ["limit=0", ["limit"]],
  ["limit=101", ["limit"]],
  ["limit=-1", ["limit"]],
  ["limit=", ["limit"]],
  ["limit=1.5", ["limit"]],
  ["limit=1e1", ["limit"]],
  ["limit=0x10", ["limit"]],
  ["limit=+1", ["limit"]],
  ["limit=%201", ["limit"]],
  ["limit=\u0661", ["limit"]],
  ["limit=1&limit=x", ["limit"]],
  ["offset=-1", ["offset"]],
  ["offset=x", ["offset"]],
  ["offset=9007199254740992", ["offset"]],
  ["since=yesterday", ["since"]],
  ["since=", ["since"]],
  ["since=2025-01-15", ["since"]],
  ["since=2025-01-15T10:00:00", ["since"]],
  ["since=2025-01-15T10:00:00%2005:30", ["since"]],
  ["q=x&limit=0&since=1&offset=-1&from=x", ["limit", "offset", "since"]],
];

test("invalid parameters get 422, and all of them are listed", async () => {
  const app = await shared();
  for (const [query, names] of REFUSED) {
    const response = await app.request(`/messages?${encodeURI(decodeURI(query))}`);
    assert.equal(response.status, 422, query);
    const errors = listAt(response.json, "detail");
    assert.deepEqual(errors.map((error) => at(error, "loc")), names.map((name) => ["query", name]), query);
    for (const error of errors) assert.deepEqual(Object.keys(error ?? {}), ["loc", "msg", "type"]);
  }
});

const FILTERS: readonly (readonly [string, readonly string[]])[] = [
  ["from=+911", ["a", "b", "d"]],
  ["from=%2B911", ["a", "b", "d"]],
  ["from=%2b911", ["a", "b", "d"]],
  ["from=911", []],
  ["from=%20911", []],
  ["from=+91", []],
  ["from=+9111", []],
  ["from=", []],
  ["from=+922&from=+911", ["a", "b", "d"]],
  ["since=2025-01-15T10:00:00Z", ["b", "c", "d", "e"]],
  ["since=2025-01-15T10:00:00.0000Z", ["b", "c", "d", "e"]],
  ["since=2025-01-15t10:00:00z", ["b", "c", "d", "e"]],
  ["since=2025-01-15T15:30:00+05:30", ["b", "c", "d", "e"]],
  ["since=2025-01-15T15:30:00%2B05:30", ["b", "c", "d", "e"]],
  ["since=2025-01-15T10:00:00.000000001Z", ["c", "d", "e"]],
  ["since=2025-01-15T10:00:00.5Z", ["c", "d", "e"]],
  ["since=2025-01-15T10:00:00.51Z", ["d", "e"]],
  ["since=9999-12-31T23:59:59Z", []],
  ["q=blue", ["a", "c", "d"]],
  ["q=", ["a", "b", "c", "d", "e"]],
  ["from=+911&since=2025-01-15T10:00:00Z", ["b", "d"]],
  ["from=+911&q=blue", ["a", "d"]],
  ["since=2025-01-15T10:00:00Z&q=blue", ["c", "d"]],
  ["from=+911&since=2025-01-15T10:00:00Z&q=BLUE", ["d"]],
  ["from=+911&q=bl", ["a", "d"]],
];

test("each filter selects its messages, and total counts all of them whatever the page", async (t) => {
  const app = await startTestApp(t);
  await seed(app, [
    { message_id: "e", from: "+922", ts: "2025-01-15T10:00:02Z", text: null },
    { message_id: "d", from: "+911", ts: "2025-01-15T15:30:01+05:30", text: "blue again" },
    { message_id: "c", from: "+922", ts: "2025-01-15T10:00:00.500Z", text: "Blue" },
    { message_id: "b", from: "+911", ts: "2025-01-15T10:00:00Z", text: "red" },
    { message_id: "a", from: "+911", ts: "2025-01-15T09:59:59.999999999Z", text: "a blue one" },
  ]);
  for (const [query, ids] of FILTERS) {
    assert.deepEqual(await listIds(app, `?${query}`), { ids, total: ids.length }, query);
    assert.deepEqual(await listIds(app, `?${query}&limit=1&offset=1`), { ids: ids.slice(1, 2), total: ids.length }, query);
    assert.deepEqual(await listIds(app, `?${query}&offset=9`), { ids: [], total: ids.length }, query);
  }
});
