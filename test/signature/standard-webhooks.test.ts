import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import type { SignatureHeaders } from "../../src/signature/headers.ts";
import { createVerifier, type Verification } from "../../src/signature/verify.ts";

// The published example of Standard Webhooks.
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP = 1614265330;
const BODY = Buffer.from('{"test": 2432232314}');
const SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

function headers(changed: SignatureHeaders = {}): SignatureHeaders {
  return { "webhook-id": ID, "webhook-timestamp": String(TIMESTAMP), "webhook-signature": SIGNATURE, ...changed };
}

/** The same headers with the names that Svix gives them. */
function svix(given: SignatureHeaders): SignatureHeaders {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name.replace(/^webhook-/, "svix-"), value]));
}

function verify(given: SignatureHeaders, options: { readonly nowMs?: number; readonly body?: Uint8Array; readonly toleranceSeconds?: number } = {}): Verification {
  const { nowMs = TIMESTAMP * 1000, body = BODY, toleranceSeconds = 300 } = options;
  return createVerifier({ current: SECRET, previous: ["plain secret"] }, { clock: { nowMs: () => nowMs }, toleranceSeconds })(body, given);
}

function sign(key: string | Uint8Array, prefix = `${ID}.${TIMESTAMP}.`, body: Uint8Array = BODY): string {
  return `v1,${createHmac("sha256", key).update(prefix, "latin1").update(body).digest("base64")}`;
}

function reasonOf(verification: Verification): string {
  return verification.ok ? verification.secret : verification.reason;
}

const OTHER = sign("another key");
const HEX = createHmac("sha256", SECRET).update(BODY).digest("hex");
const LONG_ID = "~".repeat(256);

describe("Standard Webhooks", () => {
  it("accepts the published example", () => {
    assert.deepEqual(verify(headers()), { ok: true, secret: "current" });
  });

  for (const [name, given, expected] of [
    ["a valid signature after others", { "webhook-signature": `${OTHER} v1a,xyz v2,${"A".repeat(43)}= ${SIGNATURE}` }, "current"],
    ["a valid signature before others", { "webhook-signature": `${SIGNATURE} v1,short ${OTHER}` }, "current"],
    ["more than one space between signatures", { "webhook-signature": `${OTHER}  ${SIGNATURE} ` }, "current"],
    ["a secret without whsec_ as its UTF-8 bytes", { "webhook-signature": sign("plain secret") }, "previous"],
    ["an id of 256 characters", { "webhook-id": LONG_ID, "webhook-signature": sign("plain secret", `${LONG_ID}.${TIMESTAMP}.`) }, "previous"],
    ["a timestamp with leading zeros", { "webhook-timestamp": `00${TIMESTAMP}`, "webhook-signature": sign("plain secret", `${ID}.00${TIMESTAMP}.`) }, "previous"],
    ["another id than was signed", { "webhook-id": "msg_other" }, "mismatch"],
    ["another timestamp than was signed", { "webhook-timestamp": String(TIMESTAMP + 1) }, "mismatch"],
    ["another key", { "webhook-signature": OTHER }, "mismatch"],
    ["no id", { "webhook-id": undefined }, "missing"],
    ["no timestamp", { "webhook-timestamp": undefined }, "missing"],
    ["no signature", { "webhook-signature": undefined }, "missing"],
    ["an empty id", { "webhook-id": "" }, "malformed"],
    ["an id of 257 characters", { "webhook-id": `${LONG_ID}~` }, "malformed"],
    ["an id beyond ASCII", { "webhook-id": "\u00e9" }, "malformed"],
    ["an id sent twice", { "webhook-id": `${ID}, ${ID}` }, "malformed"],
    ["an empty timestamp", { "webhook-timestamp": "" }, "malformed"],
    ["a timestamp sent twice", { "webhook-timestamp": `${TIMESTAMP}, ${TIMESTAMP}` }, "malformed"],
    ["a timestamp of 13 digits", { "webhook-timestamp": `${TIMESTAMP}000` }, "malformed"],
    ["a negative timestamp", { "webhook-timestamp": "-1" }, "malformed"],
    ["a timestamp with a fraction", { "webhook-timestamp": `${TIMESTAMP}.0` }, "malformed"],
    ["a timestamp in hex", { "webhook-timestamp": "0x60379c32" }, "malformed"],
    ["a date", { "webhook-timestamp": "2021-02-25T15:02:10Z" }, "malformed"],
    ["an empty signature", { "webhook-signature": "" }, "malformed"],
    ["only v1a", { "webhook-signature": SIGNATURE.replace("v1,", "v1a,") }, "malformed"],
    ["the version in upper case", { "webhook-signature": SIGNATURE.replace("v1,", "V1,") }, "malformed"],
    ["no version", { "webhook-signature": SIGNATURE.slice(3) }, "malformed"],
    ["hex", { "webhook-signature": `v1,${HEX}` }, "malformed"],
    ["base64 without its padding", { "webhook-signature": SIGNATURE.slice(0, -1) }, "malformed"],
    ["base64 of 31 bytes", { "webhook-signature": `v1,${"A".repeat(42)}==` }, "malformed"],
    ["base64 of 33 bytes", { "webhook-signature": `v1,${"A".repeat(44)}` }, "malformed"],
    ["base64 with bits left over", { "webhook-signature": SIGNATURE.replace("E=", "F=") }, "malformed"],
    ["base64url", { "webhook-signature": SIGNATURE.replaceAll("+", "-").replaceAll("/", "_") }, "malformed"],
    ["the signature header sent twice", { "webhook-signature": `${SIGNATURE}, v1,x` }, "malformed"],
    ["4096 characters of signatures", { "webhook-signature": SIGNATURE.padEnd(4096, " ") }, "current"],
    ["4097 characters of signatures", { "webhook-signature": SIGNATURE.padEnd(4097, " ") }, "malformed"],
  ] as const) {
    it(`with ${name}: ${expected}`, () => {
      assert.equal(reasonOf(verify(headers(given))), expected);
    });
  }

  // Svix publishes the same example.
  it("reads the names of Svix if webhook-signature is absent", () => {
    assert.equal(reasonOf(verify(svix(headers()))), "current");
    assert.equal(reasonOf(verify({ ...svix(headers()), "webhook-id": "other" })), "current");
    assert.equal(reasonOf(verify(svix(headers({ "webhook-signature": `${OTHER} ${SIGNATURE}` })))), "current");
  });

  for (const [name, given, expected] of [
    ["no id", { ...svix(headers()), "svix-id": undefined }, "missing"],
    ["the id of the other family", { ...svix(headers()), "svix-id": undefined, "webhook-id": ID }, "missing"],
    ["no timestamp", { ...svix(headers()), "svix-timestamp": undefined }, "missing"],
    ["hex", svix(headers({ "webhook-signature": `v1,${HEX}` })), "malformed"],
    ["another id than was signed", svix(headers({ "webhook-id": "msg_other" })), "mismatch"],
    ["a wrong webhook-signature beside it", { ...svix(headers()), ...headers({ "webhook-signature": OTHER }) }, "mismatch"],
  ] as const) {
    it(`with the names of Svix and ${name}: ${expected}`, () => {
      const verification = verify(given);
      assert.equal(reasonOf(verification), expected);
      if (!verification.ok && expected !== "mismatch") assert.match(verification.hint ?? "", /svix-/);
    });
  }

  it("calls a signature with the names of Svix stale", () => {
    assert.equal(reasonOf(verify(svix(headers()), { nowMs: (TIMESTAMP + 301) * 1000 })), "stale");
  });

  for (const [name, body] of [
    ["a changed byte", Buffer.from('{"test": 2432232315}')],
    ["one more byte", Buffer.from('{"test": 2432232314} ')],
    ["no byte", Buffer.alloc(0)],
  ] as const) {
    it(`refuses another body: ${name}`, () => {
      assert.equal(reasonOf(verify(headers(), { body })), "mismatch");
    });
  }

  it("verifies the raw bytes of a body that is not UTF-8", () => {
    const body = Buffer.from([0xff, 0, 0xc0]);
    assert.equal(reasonOf(verify(headers({ "webhook-signature": sign("plain secret", undefined, body) }), { body })), "previous");
  });

  for (const [offsetSeconds, expected] of [
    [-301, "stale"], [-300, "current"], [0, "current"], [300, "current"], [300.999, "current"], [301, "stale"],
  ] as const) {
    it(`with a tolerance of 300 s, ${offsetSeconds} s after the timestamp: ${expected}`, () => {
      assert.equal(reasonOf(verify(headers(), { nowMs: (TIMESTAMP + offsetSeconds) * 1000 })), expected);
    });
  }

  it("uses the configured tolerance", () => {
    const nowMs = (TIMESTAMP + 2) * 1000;
    assert.equal(reasonOf(verify(headers(), { nowMs, toleranceSeconds: 1 })), "stale");
    assert.equal(reasonOf(verify(headers(), { nowMs, toleranceSeconds: 2 })), "current");
  });

  it("calls only a valid signature stale, and any other a mismatch", () => {
    assert.equal(reasonOf(verify(headers({ "webhook-signature": OTHER }), { nowMs: 0 })), "mismatch");
  });

  for (const [name, given, expected] of [
    ["a wrong X-Signature", { "x-signature": "0".repeat(64) }, "mismatch"],
    ["a malformed X-Signature", { "x-signature": "" }, "malformed"],
    ["a wrong X-Hub-Signature-256", { "x-hub-signature-256": `sha256=${"0".repeat(64)}` }, "mismatch"],
    ["a valid X-Signature, keyed with the whole secret as text", { "x-signature": HEX, "webhook-signature": "x" }, "current"],
  ] as const) {
    it(`is ignored beside ${name}: ${expected}`, () => {
      assert.equal(reasonOf(verify(headers(given))), expected);
    });
  }
});
