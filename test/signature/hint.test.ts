import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac, hash } from "node:crypto";
import { describe, it } from "node:test";
import type { Secrets } from "../../src/core/secrets.ts";
import type { SignatureHeaders } from "../../src/signature/headers.ts";
import { createVerifier, type Verify } from "../../src/signature/verify.ts";

const BODY = '{"message_id":"m1"}';
const NOW_MS = 1_700_000_000_000;
const KEY = "c2VjcmV0LXNlY3JldA==";
const PLAIN: Secrets = { current: "testsecret", previous: ["older"] };

function verifier(secrets: Secrets | string, clock = { nowMs: () => NOW_MS }): Verify {
  return createVerifier(typeof secrets === "string" ? { current: secrets, previous: [] } : secrets, { clock, toleranceSeconds: 300 });
}

function hintOf(verify: Verify, body: string | Uint8Array, headers: SignatureHeaders): string {
  const verification = verify(Buffer.from(body), headers);
  return verification.ok ? "accepted" : `${verification.reason}: ${verification.hint ?? ""}`;
}

function hex(key: string | Uint8Array, body: string): string {
  return createHmac("sha256", key).update(body).digest("hex");
}

function standard(key: string | Uint8Array, options: { readonly seconds?: number; readonly prefix?: string; readonly body?: string } = {}): SignatureHeaders {
  const { seconds = NOW_MS / 1000, prefix = `id.${seconds}.`, body = BODY } = options;
  const signature = `v1,${createHmac("sha256", key).update(prefix).update(body).digest("base64")}`;
  return { "webhook-id": "id", "webhook-timestamp": String(seconds), "webhook-signature": signature };
}

describe("the hint of a malformed X-Signature", () => {
  const good = hex("testsecret", BODY);
  const base64 = Buffer.from(good, "hex").toString("base64");
  for (const [name, text, hint] of [
    ["nothing", "", "the header is empty"],
    ["base64", base64, "the header is in base64: hex is required"],
    ["base64url without padding", Buffer.alloc(32, 251).toString("base64url"), "the header is in base64: hex is required"],
    ["base64 after sha256=", `sha256=${base64}`, "the header is in base64: hex is required"],
    ["the header sent twice", `${good}, ${good}`, "the header is sent twice"],
    ["SHA-1", `sha1=${good.slice(0, 40)}`, "the algorithm must be SHA-256, with sha256= as its prefix"],
    ["SHA-512", `sha512=${good}${good}`, "the algorithm must be SHA-256, with sha256= as its prefix"],
    ["a colon", `sha256:${good}`, "the algorithm must be SHA-256, with sha256= as its prefix"],
    ["a prefix in upper case", `SHA256=${good}`, "the prefix must be sha256= in lower case"],
    ["63 digits", good.slice(1), "the header has 63 hex digits: 64 are required"],
    ["65 digits after the prefix", `sha256=${good}0`, "the header has 65 hex digits: 64 are required"],
    ["Standard Webhooks", `v1,${base64}`, "the form v1,… belongs in webhook-signature, with webhook-id and webhook-timestamp"],
    ["a timestamp and v1=", `t=1700000000,v1=${good}`, "the form t=…,v1=… belongs to another service: only the hex digits are required"],
    ["quotes", `"${good}"`, "64 hex digits are required, optionally after sha256="],
    ["a space", `sha256= ${good}`, "64 hex digits are required, optionally after sha256="],
    ["another character", `g${good.slice(1)}`, "64 hex digits are required, optionally after sha256="],
    ["only the prefix", "sha256=", "64 hex digits are required, optionally after sha256="],
  ] as const) {
    it(`for ${name}`, () => {
      assert.equal(hintOf(verifier(PLAIN), BODY, { "x-signature": text }), `malformed: ${hint}`);
    });
  }

  it("for X-Hub-Signature-256 without its prefix", () => {
    assert.equal(hintOf(verifier(PLAIN), BODY, { "x-hub-signature-256": good }), "malformed: the prefix sha256= is required");
  });
});

describe("the hint of a missing signature", () => {
  for (const [name, headers, expected] of [
    ["no header", {}, "missing: "],
    ["X-Hub-Signature", { "x-hub-signature": "sha1=x" }, "missing: X-Hub-Signature is SHA-1: X-Hub-Signature-256 is required"],
    ["no svix-id", { "svix-signature": "v1,x" }, "missing: svix-id is missing beside svix-signature"],
    ["no webhook-id", { ...standard("testsecret"), "webhook-id": undefined }, "missing: webhook-id is missing beside webhook-signature"],
    ["no webhook-timestamp", { ...standard("testsecret"), "webhook-timestamp": undefined }, "missing: webhook-timestamp is missing beside webhook-signature"],
  ] as const) {
    it(`for ${name}`, () => {
      assert.equal(hintOf(verifier(PLAIN), BODY, headers), expected);
    });
  }
});

describe("the hint of a signature that does not match", () => {
  for (const [name, secret, body, key, signed, hint] of [
    ["a newline that was sent but not signed", "s", "{}\n", "s", "{}", "the signature matches if a trailing newline is removed from the body"],
    ["a CRLF that was sent but not signed", "s", "{}\r\n", "s", "{}", "the signature matches if a trailing newline is removed from the body"],
    ["a newline that was signed but not sent", "s", "{}", "s", "{}\n", "the signature matches if a newline is added to the body: the sender signed one that it did not send"],
    ["CRLF sent instead of LF", "s", "{\r\n}", "s", "{\n}", "the signature matches if each CRLF of the body is a line feed"],
    ["LF sent instead of CRLF", "s", "{\n}", "s", "{\r\n}", "the signature matches if each line feed of the body is CRLF"],
    ["line breaks that were sent but not signed", "s", "{\r\n\n}", "s", "{}", "the signature matches if all line breaks are removed from the body"],
    ["a byte order mark", "s", "\ufeff{}", "s", "{}", "the signature matches if the byte order mark is removed from the body"],
    ["an empty body that was signed", "s", "{}", "s", "", "the signature matches an empty body: the sender signs before it has the body"],
    ["white space around the secret", " s\t", "{}", "s", "{}", "the secret has surrounding white space: the signature matches without it"],
    ["a newline at the end of the sender's secret", "s", "{}", "s\n", "{}", "the signature matches if a newline is added to the secret: the sender's secret has one"],
    ["quotes around the secret", '"s"', "{}", "s", "{}", "the secret has quotes around it: the signature matches without them"],
    ["a secret in hex", "00ff", "{}", Buffer.from([0, 255]), "{}", "the signature matches if the secret is decoded from hex, but the secret is used as text"],
    ["a secret in base64", KEY, "{}", Buffer.from(KEY, "base64"), "{}", "the signature matches if the secret is decoded from base64, but for this header the secret is used as text"],
    ["a whsec_ secret, decoded", `whsec_${KEY}`, "{}", Buffer.from(KEY, "base64"), "{}", "the signature matches if the secret is decoded from base64, but for this header the secret is used as text"],
    ["another secret", "s", "{}", "other", "{}", ""],
    ["another body", "s", "{}", "s", "[]", ""],
  ] as const) {
    it(`for ${name}`, () => {
      assert.equal(hintOf(verifier(secret), body, { "x-signature": hex(key, signed) }), `mismatch: ${hint}`);
    });
  }

  it("for a digest without a secret", () => {
    const plain = "the signature is a plain SHA-256 of the body: HMAC-SHA256 with the secret is required";
    assert.equal(hintOf(verifier(PLAIN), BODY, { "x-signature": hash("sha256", BODY) }), `mismatch: ${plain}`);
  });

  for (const [name, secret, headers, hint] of [
    ["only the body signed", "s", standard("s", { prefix: "" }), "the signature covers the body alone: webhook-id and webhook-timestamp must be signed before it"],
    ["a newline that was signed but not sent", "s", standard("s", { body: `${BODY}\n` }), "the signature matches if a newline is added to the body: the sender signed one that it did not send"],
    ["a secret without its whsec_", KEY, standard(Buffer.from(KEY, "base64")), "the signature matches if the secret is decoded from base64: put whsec_ in front of the secret"],
    ["a whsec_ secret as text", `whsec_${KEY}`, standard(`whsec_${KEY}`), "the signature matches if the whole secret is used as text: what follows whsec_ must be decoded from base64"],
    ["white space around a whsec_ secret", ` whsec_${KEY}`, standard(Buffer.from(KEY, "base64")), "the secret has surrounding white space: the signature matches without it"],
    ["quotes around a whsec_ secret", `'whsec_${KEY}'`, standard(Buffer.from(KEY, "base64")), "the secret has quotes around it: the signature matches without them"],
    ["another secret", "s", standard("other"), ""],
  ] as const) {
    it(`for ${name}, in Standard Webhooks`, () => {
      assert.equal(hintOf(verifier(secret), BODY, headers), `mismatch: ${hint}`);
    });
  }

  it("tries the first four secrets, and bodies of up to 16 KiB", () => {
    const secrets = { current: "a", previous: ["b", "c", "d", "e"] };
    const hinted = (key: string, length: number): boolean => {
      const body = "x".repeat(length);
      return hintOf(verifier(secrets), body, { "x-signature": hex(key, `${body}\n`) }) !== "mismatch: ";
    };
    assert.deepEqual(["a", "d", "e"].map((key) => hinted(key, 1)), [true, true, false]);
    assert.deepEqual([16 * 1024, 16 * 1024 + 1].map((length) => hinted("a", length)), [true, false]);
  });

  it("is searched for at most three times a second, even if the clock is set back", () => {
    let nowMs = NOW_MS;
    const verify = verifier(PLAIN, { nowMs: () => nowMs });
    const hinted = (): boolean => hintOf(verify, BODY, { "x-signature": hex("testsecret", `${BODY}\n`) }) !== "mismatch: ";
    const hintedInARow = (count: number): readonly boolean[] => Array.from({ length: count }, hinted);
    assert.deepEqual(hintedInARow(5), [true, true, true, false, false]);
    nowMs += 999;
    assert.deepEqual(hintedInARow(1), [false]);
    nowMs += 1;
    assert.deepEqual(hintedInARow(4), [true, true, true, false]);
    nowMs -= 1;
    assert.deepEqual(hintedInARow(4), [true, true, true, false]);
  });
});

describe("the hint of Standard Webhooks", () => {
  const valid = standard("testsecret");
  for (const [name, headers, expected] of [
    ["a timestamp in the past", standard("testsecret", { seconds: NOW_MS / 1000 - 412 }), "stale: the timestamp is 412 s in the past, WEBHOOK_TOLERANCE_SECONDS is 300"],
    ["a timestamp in the future", standard("testsecret", { seconds: NOW_MS / 1000 + 301 }), "stale: the timestamp is 301 s in the future, WEBHOOK_TOLERANCE_SECONDS is 300"],
    ["milliseconds", { ...valid, "webhook-timestamp": String(NOW_MS) }, "malformed: webhook-timestamp is in milliseconds: seconds are required"],
    ["a date", { ...valid, "webhook-timestamp": "2023-11-14" }, "malformed: webhook-timestamp must be Unix time in seconds, in decimal digits, sent once"],
    ["an invalid id", { ...valid, "webhook-id": "a b" }, "malformed: webhook-id must be 1 to 256 visible ASCII characters, sent once"],
    ["an empty signature", { ...valid, "webhook-signature": "" }, "malformed: webhook-signature is empty"],
    ["hex", { ...valid, "webhook-signature": `v1,${"0".repeat(64)}` }, "malformed: webhook-signature is in hex: base64 is required"],
    ["no version", { ...valid, "webhook-signature": `${"A".repeat(43)}=` }, "malformed: the base64 of webhook-signature must follow v1,"],
    ["another version", { ...valid, "webhook-signature": "v1a,x" }, "malformed: webhook-signature has no signature of version v1, the only version that is checked"],
    ["too long", { ...valid, "webhook-signature": " ".repeat(4097) }, "malformed: webhook-signature must have at most 4096 characters"],
    ["invalid base64", { ...valid, "webhook-signature": "v1,x" }, "malformed: webhook-signature must be v1, followed by the base64 of 32 bytes; separate several by single spaces"],
  ] as const) {
    it(`for ${name}`, () => {
      assert.equal(hintOf(verifier(PLAIN), BODY, headers), expected);
    });
  }
});
