import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseJsonObject } from "../../src/validation/json-object.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("parseJsonObject", () => {
  for (const [name, text, value] of [
    ["an empty object", "{}", {}],
    ["white space around it", " \t\r\n{} \n", {}],
    ["a byte order mark before it", "\ufeff{\"a\":1}", { a: 1 }],
    ["the last value of a repeated name", '{"a":1,"a":2}', { a: 2 }],
    ["escapes and characters beyond ASCII", '{"a":"\\u0000\\ud83d\\ude00дом😀"}', { a: "\u0000😀дом😀" }],
  ] as const) {
    it(`reads ${name}`, () => {
      assert.deepEqual(parseJsonObject(encode(text)), { ok: true, value });
    });
  }

  for (const [name, body, type] of [
    ["an empty body", encode(""), "json_invalid"],
    ["only white space", encode(" \n"), "json_invalid"],
    ["only a byte order mark", encode("\ufeff"), "json_invalid"],
    ["two byte order marks", encode("\ufeff\ufeff{}"), "json_invalid"],
    ["text that is not JSON", encode("not json"), "json_invalid"],
    ["a form", encode("message_id=1&from=2"), "json_invalid"],
    ["a cut-off object", encode('{"message_id":"m'), "json_invalid"],
    ["two objects", encode("{}{}"), "json_invalid"],
    ["a trailing comma", encode('{"a":1,}'), "json_invalid"],
    ["single quotes", encode("{'a':1}"), "json_invalid"],
    ["a raw control character in a string", encode('{"a":"\u0001"}'), "json_invalid"],
    ["NaN", encode("NaN"), "json_invalid"],
    ["endless nesting", encode("[".repeat(200_000)), "json_invalid"],
    ["an array", encode("[]"), "dict_type"],
    ["an array of objects", encode("[{}]"), "dict_type"],
    ["null", encode("null"), "dict_type"],
    ["a string", encode('"{}"'), "dict_type"],
    ["a number", encode("1"), "dict_type"],
    ["a boolean", encode("true"), "dict_type"],
    ["deep nesting", encode("[".repeat(100_000) + "]".repeat(100_000)), "dict_type"],
    ["a stray byte", Uint8Array.of(0x7b, 0xff, 0x7d), "string_unicode"],
    ["a cut-off UTF-8 sequence", Uint8Array.of(0x22, 0xf0, 0x9f, 0x98, 0x22), "string_unicode"],
    ["an overlong UTF-8 sequence", Uint8Array.of(0x22, 0xc0, 0x80, 0x22), "string_unicode"],
    ["a surrogate in UTF-8", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), "string_unicode"],
    ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00), "string_unicode"],
  ] as const) {
    it(`refuses ${name} as ${type}`, () => {
      const parsed = parseJsonObject(body);
      assert.ok(!parsed.ok);
      assert.deepEqual({ loc: parsed.error.loc, type: parsed.error.type }, { loc: ["body"], type });
    });
  }

  it("reads a view into a larger buffer", () => {
    const whole = encode('xx{"a":1}yy');
    assert.deepEqual(parseJsonObject(whole.subarray(2, 9)), { ok: true, value: { a: 1 } });
  });

  it("quotes no part of the body", () => {
    const parsed = parseJsonObject(encode('{"text":"confidential" confidential}'));
    assert.ok(!parsed.ok);
    assert.doesNotMatch(JSON.stringify(parsed.error), /confidential/);
  });
});
