import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp();

const GRIN = "\u{1F600}";
const utf8 = (...bytes: number[]): Uint8Array => Uint8Array.from([...Buffer.from('{"message_id":"'), ...bytes, ...Buffer.from('"}')]);

/** What is sent and, if it differs, what comes back. */
const accepted: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>?])[] = [
  ["an id of 1 character", { message_id: "a" }],
  ["an id of 256 emoji", { message_id: GRIN.repeat(256) }],
  ["an id with NUL, quotes and a slash", { message_id: "a\u0000\"'\\/b" }],
  ["a sender of 1 digit", { from: "+1" }],
  ["a sender of 15 digits", { from: "+123456789012345" }],
  ["a sender with a leading zero", { from: "+0987654321" }],
  ["no text", { text: undefined }, { text: null }],
  ["a null text", { text: null }],
  ["an empty text", { text: "" }],
  ["a text of 4096 emoji", { text: GRIN.repeat(4096) }],
  ["a text with NUL, a combining mark and line endings", { text: "a\u0000e\u0301\u2028\r\n\uffff" }],
  ["unknown fields", { extra: { deep: [1] }, messageId: 1 }],
  ["an offset", { ts: "2025-01-15T15:30:00+05:30" }, { ts: "2025-01-15T10:00:00Z" }],
  ["an unknown local offset", { ts: "2025-01-15T10:00:00-00:00" }, { ts: "2025-01-15T10:00:00Z" }],
  ["lower case", { ts: "2025-01-15t10:00:00z" }, { ts: "2025-01-15T10:00:00Z" }],
  ["9 fractional digits", { ts: "2025-01-15T10:00:00.123456789Z" }],
  ["trailing zeros of the fraction", { ts: "2025-01-15T10:00:00.500Z" }, { ts: "2025-01-15T10:00:00.5Z" }],
  ["a fraction of zeros", { ts: "2025-01-15T10:00:00.000Z" }, { ts: "2025-01-15T10:00:00Z" }],
  ["a leap second", { ts: "2016-12-31T23:59:60Z" }],
  ["a leap second in another zone", { ts: "2017-01-01T00:59:60+01:00" }, { ts: "2016-12-31T23:59:60Z" }],
  ["the first instant", { ts: "0000-01-01T00:00:00Z" }],
  ["the last instant", { ts: "9999-12-31T23:59:59.999999999Z" }],
];

const refused: readonly (readonly [string, string | Uint8Array | object, readonly string[]])[] = [
  ["an empty body", "", ["body"]],
  ["invalid JSON", "{", ["body"]],
  ["two values", "{}{}", ["body"]],
  ["a list", "[]", ["body"]],
  ["a string", '"x"', ["body"]],
  ["null", "null", ["body"]],
  ["invalid UTF-8", utf8(0xff), ["body"]],
  ["an overlong form", utf8(0xc0, 0xaf), ["body"]],
  ["a surrogate in UTF-8", utf8(0xed, 0xa0, 0x80), ["body"]],
  ["UTF-16", Buffer.from(JSON.stringify(delivery()), "utf16le"), ["body"]],
  ["every field missing", "{}", ["body.message_id", "body.from", "body.to", "body.ts"]],
  ["every field invalid", { message_id: 1, from: "x", to: null, ts: 0, text: [] }, ["body.message_id", "body.from", "body.to", "body.ts", "body.text"]],
  ["an empty id", delivery({ message_id: "" }), ["body.message_id"]],
  ["an id of 257 emoji", delivery({ message_id: GRIN.repeat(257) }), ["body.message_id"]],
  ["an id with a lone surrogate", delivery({ message_id: "a\ud800" }), ["body.message_id"]],
  ["a sender without +", delivery({ from: "919876543210" }), ["body.from"]],
  ["a sender that is only +", delivery({ from: "+" }), ["body.from"]],
  ["a sender of 16 digits", delivery({ from: "+1234567890123456" }), ["body.from"]],
  ["a sender with a line feed", delivery({ from: "+1\n" }), ["body.from"]],
  ["a recipient in Arabic digits", delivery({ to: "+\u0661\u0662" }), ["body.to"]],
  ["a recipient that is a number", delivery({ to: 14155550100 }), ["body.to"]],
  ["a time without zone", delivery({ ts: "2025-01-15T10:00:00" }), ["body.ts"]],
  ["a space instead of the T", delivery({ ts: "2025-01-15 10:00:00Z" }), ["body.ts"]],
  ["10 fractional digits", delivery({ ts: "2025-01-15T10:00:00.1234567890Z" }), ["body.ts"]],
  ["a leap second in May", delivery({ ts: "2016-05-31T23:59:60Z" }), ["body.ts"]],
  ["30 February", delivery({ ts: "2024-02-30T00:00:00Z" }), ["body.ts"]],
  ["a year beyond 9999 in UTC", delivery({ ts: "9999-12-31T23:59:59-00:01" }), ["body.ts"]],
  ["a text of 4097 emoji", delivery({ text: GRIN.repeat(4097) }), ["body.text"]],
  ["a text with a lone surrogate", delivery({ text: "\udc00" }), ["body.text"]],
];

test("a valid message is stored and comes back byte for byte, with", async (t) => {
  const app = await shared();
  for (const [index, [title, sent, stored]] of accepted.entries()) {
    await t.test(title, async () => {
      const message = delivery({ message_id: `m${index}`, ...sent });
      assert.equal((await app.deliver(message)).status, 200);
      const response = await app.request(`/messages/${encodeURIComponent(String(message["message_id"]))}`);
      assert.equal(response.status, 200);
      const { message_id, from, to, ts, text } = { ...message, ...stored };
      assert.deepEqual(response.json, { message_id, from, to, ts, text, created_at: at(response.json, "created_at") });
    });
  }
});

test("an invalid body gets 422, and nothing is stored:", async (t) => {
  const app = await shared();
  const before = storedIds(app.databasePath);
  for (const [title, body, locations] of refused) {
    await t.test(title, async () => {
      const response = await app.deliver(body);
      assert.equal(response.status, 422);
      const errors = listAt(response.json, "detail");
      assert.deepEqual(errors.map((error) => listAt(error, "loc").join(".")), locations);
      for (const error of errors) {
        assert.deepEqual(Object.keys(error ?? {}), ["loc", "msg", "type"]);
        assert.equal(typeof at(error, "msg"), "string");
        assert.equal(typeof at(error, "type"), "string");
      }
    });
  }
  assert.deepEqual(storedIds(app.databasePath), before);
});

test("the Content-Type does not matter", async () => {
  const app = await shared();
  const types = ["application/json", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "nonsense"];
  for (const type of types) assert.equal((await app.deliver(delivery({ message_id: type }), { "Content-Type": type })).status, 200, type);
  assert.equal((await app.deliver(delivery({ message_id: "none" }))).status, 200);
  assert.deepEqual(storedIds(app.databasePath).filter((id) => [...types, "none"].includes(id)), [...types, "none"]);
});

test("a byte order mark before the JSON is ignored, one inside it is not", async () => {
  const app = await shared();
  assert.equal((await app.deliver(`\ufeff${JSON.stringify(delivery({ message_id: "\ufeffm" }))}`)).status, 200);
  assert.equal((await app.deliver(`\ufeff\ufeff${JSON.stringify(delivery({ message_id: "m\ufeff" }))}`)).status, 422);
  assert.deepEqual(storedIds(app.databasePath).filter((id) => id.includes("\ufeff")), ["\ufeffm"]);
});
