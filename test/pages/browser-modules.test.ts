import assert from "node:assert/strict";
import { test } from "node:test";
import { createEventParser } from "../../src/pages/browser/event-stream.ts";
import { createMatcher, createSearch, fromLocal, NO_FILTERS, readFilters, toLocal, toNumber, toParameters } from "../../src/pages/browser/filters.ts";
import { formatTime } from "../../src/pages/browser/format.ts";
import { compareNewestFirst } from "../../src/pages/browser/order.ts";
import { toBars } from "../../src/pages/browser/timeline.ts";
import { stored } from "../support/inbox-service.ts";

const STREAM = ": open\n\nid: 1\ndata: {\"a\":1}\n\n: comment\nevent: x\nretry: 5\ndata: one\ndata:two\nid\n\nid: 3\n\ndata: \u{1F600}: x\r\nid: 4\r\n\r\ndata: unfinished";
const EVENTS = [
  { id: "1", data: '{"a":1}' },
  { id: "", data: "one\ntwo" },
  { id: "4", data: "\u{1F600}: x" },
];

test("a stream of events is read the same wherever it is cut", () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const parser = createEventParser();
    const pieces = Array.from({ length: Math.ceil(STREAM.length / size) }, (_, index) => STREAM.slice(index * size, (index + 1) * size));
    assert.deepEqual(pieces.flatMap((piece) => parser.take(piece)), EVENTS, `pieces of ${size}`);
  }
});

test("messages are in the order of the service's list, newest first", () => {
  const newestFirst = [
    ["2025-01-15T10:00:01Z", "a"],
    ["2025-01-15T10:00:00.5Z", "a"],
    ["2025-01-15T10:00:00.45Z", "a"],
    ["2025-01-15T10:00:00Z", "\u{1F600}"],
    ["2025-01-15T10:00:00Z", "\uFFFD"],
    ["2025-01-15T10:00:00Z", "ab"],
    ["2025-01-15T10:00:00Z", "a"],
    ["0000-01-01T00:00:00Z", "z"],
  ].map(([ts = "", message_id = ""]) => ({ ts, message_id }));
  assert.deepEqual(newestFirst.toReversed().sort(compareNewestFirst), newestFirst);
  for (const one of newestFirst) assert.equal(compareNewestFirst(one, { ...one }), 0);
});

const MATCHES: readonly (readonly [title: string, filters: Partial<typeof NO_FILTERS>, matches: boolean])[] = [
  ["nothing", {}, true],
  ["its sender", { from: "+2" }, true],
  ["another sender", { from: "+22" }, false],
  ["its recipient", { to: "+3" }, true],
  ["another recipient", { to: "3" }, false],
  ["since its instant, in another zone", { since: "2025-01-15T15:30:00+05:30" }, true],
  ["since a moment later", { since: "2025-01-15T10:00:00.001Z" }, false],
  ["until its instant", { until: "2025-01-15T10:00:00Z" }, false],
  ["until a moment later", { until: "2025-01-15T10:00:00.001Z" }, true],
  ["its text in another case", { q: "ΔΥΣ" }, true],
  ["characters that are special in patterns", { q: ".*" }, false],
  ["all of it", { from: "+2", to: "+3", q: "οδ", since: "2025-01-15T10:00:00Z", until: "2026-01-01T00:00:00Z" }, true],
];
for (const [title, filters, matches] of MATCHES) {
  test(`a message that arrives and a filter by ${title}: ${matches ? "shown" : "not shown"}`, () => {
    const message = stored(0, { from: "+2", to: "+3", text: "Οδυσσεύς" });
    assert.equal(createMatcher({ ...NO_FILTERS, ...filters })(message), matches);
  });
}

test("a message without text matches no search, and every search matches itself", () => {
  assert.equal(createMatcher({ ...NO_FILTERS, q: "null" })(stored(0, { text: null })), false);
  for (const q of ["a+b", "(", "[", "\\", "^$", "-", "\u{1F600}", " "]) assert.equal(createSearch(q)?.exec(`x${q}y`)?.[0], q);
});

test("filters go to the address and come back, and a plus typed by hand is a plus", () => {
  const filters = { q: "a+b & c%", from: "+1", to: "+2", since: "2025-01-15T10:00:00Z", until: "2025-01-16T10:00:00+05:30" };
  assert.deepEqual(readFilters(`?${toParameters(filters)}`), filters);
  assert.deepEqual(readFilters("?from=+1&q=a+b&other=x"), { ...NO_FILTERS, from: "+1", q: "a b" });
  assert.equal(toParameters(NO_FILTERS).size, 0);
});

test("a number is taken as people write it", () => {
  const numbers = [["+91 98765-43210", "+919876543210"], ["919876543210", "+919876543210"], ["(415) 555.0100", "+4155550100"], ["", ""], ["abc", "abc"]] as const;
  for (const [typed, number] of numbers) assert.equal(toNumber(typed), number);
});

test("the time of a field is the reader's own, and comes back as it was", () => {
  for (const value of ["2025-01-15T10:00", "2025-07-15T23:59:30"]) assert.equal(toLocal(fromLocal(value)), value);
  assert.equal(fromLocal(""), "");
  assert.equal(toLocal("yesterday"), "");
});

test("a time that no Date can hold is shown as it is", () => {
  assert.equal(formatTime("2016-12-31T23:59:60Z"), "2016-12-31T23:59:60Z");
});

test("a chart has every hour up to the last one with messages, empty ones too", () => {
  const data = [
    { start: "2024-01-01T00:00:00Z", count: 9 },
    { start: "2025-01-15T10:00:00Z", count: 1 },
    { start: "2025-01-15T12:00:00Z", count: 3 },
  ];
  const bars = toBars({ bucket: "hour", data, truncated: false });
  assert.equal(bars.length, 48);
  assert.deepEqual(bars.slice(-3).map(({ count }) => count), [1, 0, 3]);
  assert.equal(bars.reduce((sum, { count }) => sum + count, 0), 4);
  assert.deepEqual(toBars({ bucket: "day", data: [], truncated: false }), []);
});
