import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { serialisedBodies } from "../../src/signature/serialised-bodies.ts";
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

const SENT = `{"from":"+1","text":"${CANARY} <b> & 'é' \\"q\\" a=\`b\`","price":1.0,"id":12345678901234567890}`;
const SENT_IN_JS = JSON.stringify(JSON.parse(SENT));

/** What libraries sign, while a proxy or another library sends `SENT`. */
const LIBRARIES: readonly (readonly [library: string, signed: string])[] = [
  ["Python's json without spaces", ascii(SENT)],
  ["Python's json", ascii(SENT.replaceAll(/,"/g, ', "').replaceAll('":', '": '))],
  ["JavaScript", SENT_IN_JS],
  ["Go", SENT.replace("<b> &", "\\u003cb\\u003e \\u0026")],
  ["Gson", SENT.replace("<b> &", "\\u003cb\\u003e \\u0026").replaceAll("'", "\\u0027").replace("a=", "a\\u003d")],
  ["System.Text.Json", `{"from":"\\u002B1","text":"${CANARY} \\u003Cb\\u003E \\u0026 \\u0027\\u00E9\\u0027 \\u0022q\\u0022 a=\\u0060b\\u0060","price":1.0,"id":12345678901234567890}`],
  ["tabs", JSON.stringify(JSON.parse(SENT), null, "\t")],
  ["two spaces and the line ends of Windows", JSON.stringify(JSON.parse(SENT), null, 2).replaceAll("\n", "\r\n")],
  ["a byte order mark in front", `\ufeff${SENT}`],
  ["a JSON string", JSON.stringify(SENT)],
];

for (const [library, signed] of LIBRARIES) {
  test(`a body sent in another form than signed has a hint without content: ${library}`, () => {
    const hint = hintFor(signed, SENT);
    assert.ok(hint !== undefined && !hint.includes(CANARY), hint ?? "no hint");
  });
}

/** What is sent instead of `SENT`, which is signed. */
const WRAPPED: readonly (readonly [title: string, sent: string | Uint8Array])[] = [
  ["in a JSON string", JSON.stringify(SENT)],
  ["in a parameter of a form", new URLSearchParams({ payload: SENT }).toString()],
  ["compressed with zlib", deflateSync(SENT)],
  ["with spaces and a byte order mark in front", `\ufeff${SENT.replaceAll(/,"/g, ', "').replaceAll('":', '": ')}`],
];

for (const [title, sent] of WRAPPED) {
  test(`a signed body that is sent ${title} has a hint without content`, () => {
    const hint = hintFor(SENT, sent);
    assert.ok(hint !== undefined && !hint.includes(CANARY), hint ?? "no hint");
  });
}

test("the forms of a body have a limited size in total, however it is nested or escaped", () => {
  const nested = (depth: number): string => `${"[".repeat(depth)}${"1.0,".repeat(3_000)}1${"]".repeat(depth)}`;
  for (const body of [nested(500), nested(16), JSON.stringify({ text: "é<'/".repeat(3_000) })]) {
    const characters = serialisedBodies(Buffer.from(body)).reduce((sum, [, bytes]) => sum + bytes.toString().length, 0);
    assert.ok(characters < 700_000, `${characters}`);
  }
});

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

const OTHER_NAMES: readonly (readonly [header: string, value: string, named: boolean])[] = [
  ["linear-signature", "ab".repeat(32), true],
  ["x-webhook-signature", `sha256=${"AB".repeat(32)}`, true],
  ["x-square-hmacsha256-signature", Buffer.alloc(32, 1).toString("base64"), true],
  ["x-my-hmac", Buffer.alloc(32, 255).toString("base64url"), true],
  ["paddle-signature", `ts=1;h1=${CANARY}`, false],
  ["x-pagerduty-signature", `v1=${CANARY}`, false],
  ["signature-input", CANARY, false],
  ["x-acme-signature", "", false],
];

test("a delivery whose signature has a header of another name has a hint with that name, and without the value", () => {
  const verify = createVerifier({ current: SECRET, previous: [] }, { clock: { nowMs: () => 0 }, toleranceSeconds: 300 });
  for (const [header, value, named] of OTHER_NAMES) {
    const verification = verify(Buffer.from("{}"), { host: "x", [header]: value, "content-length": "2" });
    assert.ok(!verification.ok && verification.reason === "missing");
    assert.ok(verification.hint?.includes(header) === true && !verification.hint.includes(value === "" ? CANARY : value), header);
    assert.equal(verification.hint.includes(`WEBHOOK_SIGNATURE_HEADER=${header}`), named, header);
  }
  const long = `x-signature-${"a".repeat(60)}`;
  assert.deepEqual(verify(Buffer.from("{}"), { host: "x", [long]: "a", "x-gitlab-event": "Push" }), { ok: false, reason: "missing" });
});
