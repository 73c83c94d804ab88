import assert from "node:assert/strict";
import { test } from "node:test";
import { createEventParser } from "../../src/pages/browser/event-stream.ts";
import { createMatcher, createSearch, NO_FILTERS, readFilters, toNumber, toParameters } from "../../src/pages/browser/filters.ts";
import { formatRelative } from "../../src/pages/browser/format.ts";
import { compareNewestFirst } from "../../src/pages/browser/order.ts";
import { chartRange, toBars, toCounts, toTimelineQuery } from "../../src/pages/browser/timeline.ts";
import { createZone, type Zone } from "../../src/pages/browser/zone.ts";
import { stored } from "../support/inbox-service.ts";

const STREAM = ": open\n\nid: 1\ndata: {\"a\":1}\n\n: comment\nevent: x\nretry: 5\ndata: one\ndata:two\nid\n\nid: 3\n\ndata: \u{1F600}: x\r\nid: 4\r\n\r\ndata: unfinished";
const EVENTS = [
  { id: "1", data: '{"a":1}' },
  { id: "", data: "one\ntwo" },
  { id: "4", data: "\u{1F600}: x" },
];

test("an event stream is parsed the same wherever its chunks end", () => {
  for (let size = 1; size <= STREAM.length; size += 1) {
    const parser = createEventParser();
    const chunks = Array.from({ length: Math.ceil(STREAM.length / size) }, (_, index) => STREAM.slice(index * size, (index + 1) * size));
    assert.deepEqual(chunks.flatMap((chunk) => parser.take(chunk)), EVENTS, `chunks of ${size}`);
  }
});

test("messages have the order of the list of the service, newest first", () => {
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
  ["since its time, in another zone", { since: "2025-01-15T15:30:00+05:30" }, true],
  ["since a moment later", { since: "2025-01-15T10:00:00.001Z" }, false],
  ["until its time", { until: "2025-01-15T10:00:00Z" }, false],
  ["until a moment later", { until: "2025-01-15T10:00:00.001Z" }, true],
  ["its text in another case", { q: "ΔΥΣ" }, true],
  ["characters that are special in patterns", { q: ".*" }, false],
  ["all of it", { from: "+2", to: "+3", q: "οδ", since: "2025-01-15T10:00:00Z", until: "2026-01-01T00:00:00Z" }, true],
];
for (const [title, filters, matches] of MATCHES) {
  test(`an arriving message is ${matches ? "shown" : "not shown"} with a filter by ${title}`, () => {
    const message = stored(0, { from: "+2", to: "+3", text: "Οδυσσεύς" });
    assert.equal(createMatcher({ ...NO_FILTERS, ...filters })(message), matches);
  });
}

test("a message without text matches no search, and every search matches itself", () => {
  assert.equal(createMatcher({ ...NO_FILTERS, q: "null" })(stored(0, { text: null })), false);
  for (const q of ["a+b", "(", "[", "\\", "^$", "-", "\u{1F600}", " "]) assert.equal(createSearch(q)?.exec(`x${q}y`)?.[0], q);
});

test("filters are written to the URL and read back, and a plus that is typed by hand stays a plus", () => {
  const filters = { q: "a+b & c%", from: "+1", to: "+2", since: "2025-01-15T10:00:00Z", until: "2025-01-16T10:00:00+05:30", order: "received" } as const;
  assert.deepEqual(readFilters(`?${toParameters(filters)}`), filters);
  assert.deepEqual(readFilters("?from=+1&q=a+b&other=x"), { ...NO_FILTERS, from: "+1", q: "a b" });
  assert.equal(toParameters(NO_FILTERS).size, 0);
});

test("a phone number is accepted as people write it", () => {
  const numbers = [["+91 98765-43210", "+919876543210"], ["919876543210", "+919876543210"], ["(415) 555.0100", "+4155550100"], ["", ""], ["abc", "abc"]] as const;
  for (const [typed, number] of numbers) assert.equal(toNumber(typed), number);
});

test("the time of a field is in the zone, and is read back unchanged", () => {
  for (const zone of [createZone("local"), createZone("utc")]) {
    for (const value of ["2025-01-15T10:00", "2025-07-15T23:59:30"]) assert.equal(zone.toField(zone.fromField(value)), value);
    assert.equal(zone.fromField(""), "");
    assert.equal(zone.toField("yesterday"), "");
  }
  assert.equal(createZone("utc").fromField("2025-01-15T10:00"), "2025-01-15T10:00:00Z");
});

test("a time that Date cannot represent is shown unchanged", () => {
  assert.equal(createZone("utc").short("2016-12-31T23:59:60Z", 0), "2016-12-31T23:59:60Z");
});

test("an age is shown in the largest whole unit", () => {
  const words = [0, -59_999, -60_000, -3_599_999, -3_600_000, -86_400_000 * 2.5, 86_400_000 * 366].map((at) => formatRelative(at, 0));
  assert.equal(new Set(words).size, words.length - 1, words.join(", "));
  assert.equal(words[0], words[1]);
});

const NOW = "2025-01-15T12:30:00Z";
const UTC = createZone("utc");
/** A zone with a constant offset. */
const ahead = (minutes: number): Zone => ({ ...createZone("local"), offsetMinutes: () => minutes });

function rangeOf(bucket: "hour" | "day", { since = "", until = "", zone = UTC } = {}): ReturnType<typeof chartRange> {
  return chartRange({ bucket, filters: { since, until }, zone, nowMs: Date.parse(NOW) });
}

const at = (ms: number | undefined): string => new Date(ms ?? Number.NaN).toISOString();

const RANGES: readonly (readonly [title: string, range: ReturnType<typeof chartRange>, bars: number, start: string, end: string, isUntilNow: boolean])[] = [
  ["hours up to now", rangeOf("hour"), 48, "2025-01-13T13:00:00.000Z", "2025-01-15T13:00:00.000Z", true],
  ["days up to now", rangeOf("day"), 60, "2024-11-17T00:00:00.000Z", "2025-01-16T00:00:00.000Z", true],
  ["hours since a time", rangeOf("hour", { since: "2025-01-15T11:30:00Z" }), 2, "2025-01-15T11:00:00.000Z", "2025-01-15T13:00:00.000Z", true],
  ["at most a week of hours", rangeOf("hour", { since: "2020-01-01T00:00:00Z" }), 168, "2025-01-08T13:00:00.000Z", "2025-01-15T13:00:00.000Z", true],
  ["hours until a time", rangeOf("hour", { until: "2025-01-10T00:00:00Z" }), 48, "2025-01-08T00:00:00.000Z", "2025-01-10T00:00:00.000Z", false],
  ["hours until a future time", rangeOf("hour", { until: "2099-01-01T00:00:00Z" }), 48, "2025-01-13T13:00:00.000Z", "2025-01-15T13:00:00.000Z", true],
  ["only the future", rangeOf("day", { since: "2099-01-01T00:00:00Z", until: "2099-01-03T00:00:00Z" }), 2, "2099-01-01T00:00:00.000Z", "2099-01-03T00:00:00.000Z", false],
];
for (const [title, range, bars, start, end, isUntilNow] of RANGES) {
  test(`a chart of ${title} has ${bars} bars`, () => {
    assert.deepEqual([range.starts.length, at(range.starts[0]), at(range.endMs), range.isUntilNow], [bars, start, end, isUntilNow]);
  });
}

test("a chart of an empty range has at most one bar", () => {
  assert.ok(rangeOf("hour", { since: "2025-01-15T12:00:00Z", until: "2025-01-15T12:00:00Z" }).starts.length <= 1);
});

test("a chart has every hour, also empty ones, and its query keeps to the filter", () => {
  const range = rangeOf("hour", { until: "2025-01-15T12:30:00Z" });
  const data = [{ start: "2025-01-15T10:00:00Z", count: 1 }, { start: "2025-01-15T12:00:00Z", count: 3 }];
  const [part = assert.fail()] = range.parts;
  assert.deepEqual(toBars(range, toCounts({ data }, part)).slice(-3).map(({ count }) => count), [1, 0, 3]);
  const query = toTimelineQuery(range, part, { ...NO_FILTERS, until: "2025-01-15T12:30:00Z" });
  assert.deepEqual(Object.fromEntries(query), { bucket: "hour", since: "2025-01-13T13:00:00Z", until: "2025-01-15T12:30:00Z", limit: "49" });
});

test("the hours of a chart begin as in the zone, and counts before the first one are left out", () => {
  const range = rangeOf("hour", { zone: ahead(330) });
  assert.deepEqual([at(range.starts[0]), at(range.endMs)], ["2025-01-13T12:30:00.000Z", "2025-01-15T12:30:00.000Z"]);
  const [part = assert.fail()] = range.parts;
  assert.equal(toTimelineQuery(range, part, NO_FILTERS).get("utc_offset"), "+05:30");
  const [first = 0] = range.starts;
  const counts = [first - 1_800_000, first, first + 3_600_000].map((startMs) => ({ startMs, count: 1 }));
  assert.deepEqual(toBars(range, counts).slice(0, 3).map(({ count }) => count), [1, 1, 0]);
});
