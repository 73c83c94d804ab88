import assert from "node:assert/strict";
import { test } from "node:test";
import { compareMessages, comparePositions, compareText, LAST, positionOf, sortKey } from "../../src/core/order.ts";

test("texts compare by code point, like their UTF-8 bytes, with every kind of UTF-16 unit at each position", () => {
  const characters = ["", "\0", "a", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{103ff}", "\u{10400}", "\u{1f600}", "\u{10ffff}"];
  const texts = characters.flatMap((first) => characters.flatMap((second) => characters.map((third) => `${first}${second}${third}`)));
  for (const [index, a] of texts.entries()) {
    for (let other = index % 7; other < texts.length; other += 7) {
      const b = texts[other] ?? "";
      assert.equal(Math.sign(compareText(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)), JSON.stringify([a, b]));
    }
  }
});

test("sort keys compare like the timestamps", () => {
  const times = ["0000-01-01T00:00:00Z", "2016-12-31T23:59:59.999999999Z", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:00.000000001Z",
    "2017-01-01T00:00:00.5Z", "2017-01-01T00:00:01Z", "9999-12-31T23:59:59.999999999Z"];
  assert.deepEqual(times.map(sortKey).toSorted(), times.map(sortKey));
  assert.ok(times.every((ts) => sortKey(ts) < LAST));
});

test("messages sort by time, then by id", () => {
  const message = (ts: string, message_id: string) => ({ ts, message_id });
  const [early, late] = ["2025-01-15T10:00:00Z", "2025-01-15T10:00:00.5Z"];
  const ordered = [message(early, "a"), message(early, "\uffff"), message(early, "\u{10000}"), message(late, "a")];
  assert.deepEqual(ordered.toReversed().sort(compareMessages), ordered);
  assert.deepEqual(ordered.map(positionOf).toReversed().sort(comparePositions), ordered.map(positionOf));
});
