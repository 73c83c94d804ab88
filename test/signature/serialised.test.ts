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

/** Sorting cannot be undone, so nothing tells in which order the keys of a sorted body were signed. What the sender signs, in one form, while it sends another one. */
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
  test(`a body that was serialised again has a hint that says so, without content: signed ${form}`, () => {
    for (const [sentForm, sent] of SIGNED.filter(([other]) => other !== form && other !== "sorted")) {
      const hint = hintFor(signed, sent);
      assert.ok(hint !== undefined, `sent ${sentForm}`);
      assert.ok(!hint.includes(CANARY));
    }
  });
}

test("a body that was packed after it was signed has a hint, and one that unpacks without bound has none", () => {
  assert.ok(hintFor(COMPACT, gzipSync(COMPACT)) !== undefined);
  const bomb = "x".repeat(10_000_000);
  assert.equal(hintFor(bomb, gzipSync(bomb)), undefined);
});

test("what no form fits has no hint, however it is nested", () => {
  for (const body of [COMPACT, "[".repeat(8_000) + "]".repeat(8_000), "{", "", "1"]) assert.equal(hintFor("other", body), undefined);
});

const FOREIGN: readonly (readonly [header: string, value: string])[] = [
  ["stripe-signature", `t=1,v1=${CANARY}`], ["x-slack-signature", `v0=${CANARY}`], ["x-shopify-hmac-sha256", CANARY], ["x-hub-signature", `sha1=${CANARY}`],
  ["x-gitlab-token", CANARY], ["x-twilio-signature", CANARY], ["x-telegram-bot-api-secret-token", CANARY], ["authorization", `Bearer eyJhbGci.${CANARY}.${CANARY}`],
];

test("a delivery that only another service's header signs is missing a signature, with a hint that has no part of it", () => {
  const verify = createVerifier({ current: SECRET, previous: [] }, { clock: { nowMs: () => 0 }, toleranceSeconds: 300 });
  const hints = FOREIGN.map(([header, value]) => verify(Buffer.from("{}"), { [header]: value }));
  for (const hint of hints) assert.ok(!hint.ok && hint.reason === "missing" && hint.hint !== undefined && !hint.hint.includes(CANARY));
  assert.equal(new Set(hints.map((hint) => (hint.ok ? "" : hint.hint))).size, FOREIGN.length);
  for (const headers of [{}, { authorization: "Bearer t" }, { authorization: "Basic x" }]) {
    assert.deepEqual(verify(Buffer.from("{}"), headers), { ok: false, reason: "missing" });
  }
});
