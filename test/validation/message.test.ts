import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseJsonObject } from "../../src/validation/json-object.ts";
import { readMessage } from "../../src/validation/message.ts";

const VALID = {
  message_id: "m1",
  from: "+919876543210",
  to: "+14155550100",
  ts: "2025-01-15T10:00:00Z",
  text: "Hello",
};

const parse = (body: unknown): ReturnType<typeof readMessage> => parseText(JSON.stringify(body));

function parseText(json: string): ReturnType<typeof readMessage> {
  const body = parseJsonObject(new TextEncoder().encode(json));
  assert.ok(body.ok);
  return readMessage(body.value);
}

/** The errors of a body as texts of `loc type`, empty for a valid message. */
function refusals(parsed: ReturnType<typeof readMessage>): string[] {
  return parsed.ok ? [] : parsed.error.errors.map(({ loc, type }) => `${loc.join(".")} ${type}`);
}

describe("readMessage", () => {
  it("reads a message", () => {
    assert.deepEqual(parse(VALID), {
      ok: true,
      value: {
        messageId: "m1",
        from: "+919876543210",
        to: "+14155550100",
        ts: "2025-01-15T10:00:00Z",
        tsMs: 1_736_935_200_000,
        text: "Hello",
      },
    });
  });

  it("normalizes ts to UTC", () => {
    const parsed = parse({ ...VALID, ts: "2025-01-15t15:30:00.5000+05:30" });
    assert.ok(parsed.ok);
    assert.equal(parsed.value.ts, "2025-01-15T10:00:00.5Z");
    assert.equal(parsed.value.tsMs, 1_736_935_200_500);
  });

  for (const [name, text] of [
    ["null", null],
    ["absent", undefined],
  ] as const) {
    it(`reads text that is ${name} as null`, () => {
      const parsed = parse({ ...VALID, text });
      assert.ok(parsed.ok);
      assert.equal(parsed.value.text, null);
    });
  }

  for (const text of [
    "",
    " ",
    "\u0000",
    "a\u0000b",
    "\u001f\u007f\u0085\u2028\u2029",
    "quotes \" ' ` and \\ backslashes",
    "%_*?",
    "e\u0301 is not \u00e9",
    "👩‍👩‍👧‍👦😀",
    "\ufeff",
    "\ufffd\uffff\u{10ffff}",
    "x".repeat(4096),
    "😀".repeat(4096),
  ]) {
    it(`keeps the text ${JSON.stringify(text.slice(0, 40))} (${text.length} units) as it is`, () => {
      const parsed = parse({ ...VALID, text });
      assert.ok(parsed.ok);
      assert.equal(parsed.value.text, text);
    });
  }

  for (const messageId of [" ", "\u0000", "..", "a/b?c#d", "'; DROP TABLE messages; --", "x".repeat(256), "😀".repeat(256)]) {
    it(`keeps the message_id ${JSON.stringify(messageId.slice(0, 40))} (${messageId.length} units) as it is`, () => {
      const parsed = parse({ ...VALID, message_id: messageId });
      assert.ok(parsed.ok);
      assert.equal(parsed.value.messageId, messageId);
    });
  }

  for (const number of ["+0", "+1", "+0987654321", "+123456789012345"]) {
    it(`accepts ${number} as from and to`, () => {
      const parsed = parse({ ...VALID, from: number, to: number });
      assert.ok(parsed.ok);
      assert.equal(parsed.value.from, number);
      assert.equal(parsed.value.to, number);
    });
  }

  const notStrings = [null, 0, 1736935200, true, [], ["+1"], {}, { $ne: null }];
  for (const field of ["message_id", "from", "to", "ts"] as const) {
    it(`refuses a body without ${field}`, () => {
      assert.deepEqual(refusals(parse({ ...VALID, [field]: undefined })), [`body.${field} missing`]);
    });
    for (const value of notStrings) {
      it(`refuses ${JSON.stringify(value)} as ${field}`, () => {
        assert.deepEqual(refusals(parse({ ...VALID, [field]: value })), [`body.${field} string_type`]);
      });
    }
  }
  for (const value of [0, false, [], {}]) {
    it(`refuses ${JSON.stringify(value)} as text`, () => {
      assert.deepEqual(refusals(parse({ ...VALID, text: value })), ["body.text string_type"]);
    });
  }

  for (const [name, fields, refusal] of [
    ["an empty message_id", { message_id: "" }, "body.message_id string_too_short"],
    ["a message_id of 257 characters", { message_id: "x".repeat(257) }, "body.message_id string_too_long"],
    ["a message_id of 257 emoji", { message_id: "😀".repeat(257) }, "body.message_id string_too_long"],
    ["a message_id of 256 emoji and a letter", { message_id: `${"😀".repeat(256)}x` }, "body.message_id string_too_long"],
    ["a lone high surrogate in message_id", { message_id: "a\ud83d" }, "body.message_id string_unicode"],
    ["a lone low surrogate in message_id", { message_id: "\ude00a" }, "body.message_id string_unicode"],
    ["an empty from", { from: "" }, "body.from string_pattern_mismatch"],
    ["a from without digits", { from: "+" }, "body.from string_pattern_mismatch"],
    ["a from without a plus sign", { from: "919876543210" }, "body.from string_pattern_mismatch"],
    ["a from with two plus signs", { from: "++1" }, "body.from string_pattern_mismatch"],
    ["a from of 16 digits", { from: "+1234567890123456" }, "body.from string_pattern_mismatch"],
    ["a from with a space", { from: "+1 415" }, "body.from string_pattern_mismatch"],
    ["a from with a hyphen", { from: "+1-415" }, "body.from string_pattern_mismatch"],
    ["a from with a letter", { from: "+1415a" }, "body.from string_pattern_mismatch"],
    ["a from with a space before it", { from: " +1" }, "body.from string_pattern_mismatch"],
    ["a from with a line feed after it", { from: "+1\n" }, "body.from string_pattern_mismatch"],
    ["a from with a line before it", { from: "x\n+1" }, "body.from string_pattern_mismatch"],
    ["a from with a NUL after it", { from: "+1\u0000" }, "body.from string_pattern_mismatch"],
    ["a from with digits that are not ASCII", { from: "+\u0661\u0662" }, "body.from string_pattern_mismatch"],
    ["a from with a full-width plus sign", { from: "\uff0b1" }, "body.from string_pattern_mismatch"],
    ["a to without a plus sign", { to: "14155550100" }, "body.to string_pattern_mismatch"],
    ["a to of 16 digits", { to: "+1234567890123456" }, "body.to string_pattern_mismatch"],
    ["an empty ts", { ts: "" }, "body.ts datetime_parsing"],
    ["a ts without a zone", { ts: "2025-01-15T10:00:00" }, "body.ts datetime_parsing"],
    ["a ts on a day that does not exist", { ts: "2025-02-30T10:00:00Z" }, "body.ts datetime_parsing"],
    ["a text of 4097 characters", { text: "x".repeat(4097) }, "body.text string_too_long"],
    ["a text of 4097 emoji", { text: "😀".repeat(4097) }, "body.text string_too_long"],
    ["a text of 4096 emoji and a letter", { text: `x${"😀".repeat(4096)}` }, "body.text string_too_long"],
    ["a lone high surrogate in text", { text: "a\ud83db" }, "body.text string_unicode"],
    ["a lone low surrogate in text", { text: "\ude00" }, "body.text string_unicode"],
    ["halves of a pair in the wrong order in text", { text: "\ude00\ud83d" }, "body.text string_unicode"],
    ["a lone surrogate at the end of a text of 4096 emoji", { text: `${"😀".repeat(4095)}\ud83d` }, "body.text string_unicode"],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(refusals(parse({ ...VALID, ...fields })), [refusal]);
    });
  }

  it("lists every invalid field in the order of the contract, whatever the order of the body", () => {
    const body = { text: 1, ts: "x", to: null, from: "x", message_id: "" };
    assert.deepEqual(refusals(parse(body)), [
      "body.message_id string_too_short",
      "body.from string_pattern_mismatch",
      "body.to string_type",
      "body.ts datetime_parsing",
      "body.text string_type",
    ]);
  });

  it("lists every required field of an empty object as missing", () => {
    assert.deepEqual(refusals(parse({})), [
      "body.message_id missing",
      "body.from missing",
      "body.to missing",
      "body.ts missing",
    ]);
  });

  it("names the id of an invalid message if the id itself is valid", () => {
    const parsed = parse({ ...VALID, from: "x" });
    assert.ok(!parsed.ok);
    assert.equal(parsed.error.messageId, "m1");
  });

  it("names no id if the id is invalid", () => {
    for (const parsed of [parse({ ...VALID, message_id: "" }), parse({ ...VALID, message_id: 1 })]) {
      assert.ok(!parsed.ok);
      assert.equal("messageId" in parsed.error, false);
    }
  });

  it("ignores fields with other names", () => {
    const rest = '"extra":{"a":[1]},"constructor":1,"toString":null,"hasOwnProperty":false,"From":"x","":0';
    const parsed = parseText(`{${rest},${JSON.stringify(VALID).slice(1)}`);
    assert.deepEqual(parsed, parse(VALID));
  });

  it("reads no field from a __proto__ in the body", () => {
    const parsed = parseText(`{"__proto__":${JSON.stringify(VALID)}}`);
    assert.equal(refusals(parsed).length, 4);
    assert.equal(refusals(parseText(`{"__proto__":null,${JSON.stringify(VALID).slice(1)}`)).length, 0);
  });

  it("reads no field from a polluted Object.prototype", (t) => {
    Object.defineProperty(Object.prototype, "text", { value: 1, configurable: true });
    t.after(() => Reflect.deleteProperty(Object.prototype, "text"));
    const parsed = parse({ ...VALID, text: undefined });
    assert.ok(parsed.ok);
    assert.equal(parsed.value.text, null);
  });

  it("quotes no part of the body", () => {
    const secret = "confidential";
    const parsed = parse({ message_id: secret.repeat(30), from: secret, to: secret, ts: secret, text: secret.repeat(400) });
    assert.equal(refusals(parsed).length, 5);
    assert.doesNotMatch(JSON.stringify(parsed), /confidential/);
  });
});
