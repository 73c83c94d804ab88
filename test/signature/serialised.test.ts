import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { createVerifier } from "../../src/signature/verify.ts";

const SECRET = "testsecret";
const CANARY = "canary";
const VALUE = { ts: "2025-01-15T10:00:00Z", text: `${CANARY} a/b é 😀`, list: [1, { b: 1, a: null }], message_id: "m1" };
const COMPACT = JSON.stringify(VALUE);
const ascii = (text: string): string => text.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
const PYTHON = `{"ts": "2025-01-15T10:00:00Z", "text": "${CANARY} a/b é 😀", "list": [1, {"b": 1, "a": null}], "message_id": "m1"}`;
const SORTED = `{"list":[1,{"a":null,"b":1}],"message_id":"m1","text":"${CANARY} a/b é 😀","ts":"2025-01-15T10:00:00Z"}`;

/** Forms of one body. The sender signs one form and sends another, but never the sorted one, whose original order of keys is lost. */
const SIGNED: readonly (readonly [form: string, signed: string])[] = [
  ["compact", COMPACT],
  ["Python's", PYTHON],
  ["Python's, escaped", ascii(PYTHON)],
  ["two spaces", JSON.stringify(VALUE, null, 2)],
  ["four spaces", JSON.stringify(VALUE, null, 4)],
  ["sorted", SORTED],
  ["escaped", ascii(COMPACT)],
  ["PHP's", ascii(COMPACT.replaceAll("/", "\\/"))],
  ["PHP's with Unicode", COMPACT.replaceAll("/", "\\/")],
  ["two spaces and a line feed", `${JSON.stringify(VALUE, null, 2)}\n`],
];

function hintFor(signed: string | Uint8Array, sent: string | Uint8Array): string | undefined {
  const verify = createVerifier({ current: SECRET, previous: [] }, { clock: { nowMs: () => 0 }, toleranceSeconds: 300 });
  const verification = verify(Buffer.from(sent), { "x-signature": createHmac("sha256", SECRET).update(signed).digest("hex") });
  return verification.ok ? undefined : verification.hint;
}

for (const [form, signed] of SIGNED) {
  test(`a body serialised again after signing has a hint without content: signed ${form}`, () => {
    for (const [sentForm, sent] of SIGNED.filter(([other]) => other !== form && other !== "sorted")) {
      const hint = hintFor(signed, sent);
      assert.ok(hint !== undefined, `sent ${sentForm}`);
      assert.ok(!hint.includes(CANARY));
    }
  });
}

test("a body compressed after signing has a hint, and a decompression bomb has none", () => {
  assert.ok(hintFor(COMPACT, gzipSync(COMPACT)) !== undefined);
  const bomb = "x".repeat(10_000_000);
  assert.equal(hintFor(bomb, gzipSync(bomb)), undefined);
});

test("a signature that matches no form has no hint, however deeply the body is nested", () => {
  for (const body of [COMPACT, "[".repeat(8_000) + "]".repeat(8_000), "{", "", "1"]) assert.equal(hintFor("other", body), undefined);
});

const FOREIGN: readonly (readonly [header: string, value: string])[] = [
  ["stripe-signature", `t=1,v1=${CANARY}`], ["x-slack-signature", `v0=${CANARY}`], ["x-shopify-hmac-sha256", CANARY], ["x-hub-signature", `sha1=${CANARY}`],
  ["x-gitlab-token", CANARY], ["x-twilio-signature", CANARY], ["x-telegram-bot-api-secret-token", CANARY], ["authorization", `Bearer eyJhbGci.${CANARY}.${CANARY}`],
];

test("a delivery with only another service's signature header is refused as missing, with a hint that has no part of that header", () => {
  const verify = createVerifier({ current: SECRET, previous: [] }, { clock: { nowMs: () => 0 }, toleranceSeconds: 300 });
  const hints = FOREIGN.map(([header, value]) => verify(Buffer.from("{}"), { [header]: value }));
  for (const hint of hints) assert.ok(!hint.ok && hint.reason === "missing" && hint.hint !== undefined && !hint.hint.includes(CANARY));
  assert.equal(new Set(hints.map((hint) => (hint.ok ? "" : hint.hint))).size, FOREIGN.length);
  for (const headers of [{}, { authorization: "Bearer t" }, { authorization: "Basic x" }]) {
    assert.deepEqual(verify(Buffer.from("{}"), headers), { ok: false, reason: "missing" });
  }
});
