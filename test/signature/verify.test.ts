import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import type { SignatureHeaders } from "../../src/signature/headers.ts";
import { createVerifier, type Verification } from "../../src/signature/verify.ts";

const BODY = Buffer.from('{"message_id":"m1"}');
const secrets = { current: "testsecret", previous: ["older", "oldest"] };
const options = { clock: { nowMs: () => 0 }, toleranceSeconds: 300 };
const verify = createVerifier(secrets, options);

function sign(body: Uint8Array, secret = "testsecret"): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

function headers(xSignature?: string, xHubSignature256?: string): SignatureHeaders {
  return { "x-signature": xSignature, "x-hub-signature-256": xHubSignature256 };
}

/** The verification without its hint. */
function withoutHint(verification: Verification): Verification {
  return verification.ok ? verification : { ok: false, reason: verification.reason };
}

const CURRENT: Verification = { ok: true, secret: "current" };
const PREVIOUS: Verification = { ok: true, secret: "previous" };
const MISSING: Verification = { ok: false, reason: "missing" };
const MALFORMED: Verification = { ok: false, reason: "malformed" };
const MISMATCH: Verification = { ok: false, reason: "mismatch" };

const good = sign(BODY);
const wrong = sign(BODY, "wrong");

describe("createVerifier", () => {
  it("gives a test vector of RFC 4231", () => {
    const vector = createVerifier({ current: "Jefe", previous: [] }, options);
    const mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert.deepEqual(vector(Buffer.from("what do ya want for nothing?"), headers(mac)), CURRENT);
  });

  for (const [name, given, expected] of [
    ["X-Signature", headers(good), CURRENT],
    ["X-Signature in upper case", headers(good.toUpperCase()), CURRENT],
    ["X-Signature with the prefix", headers(`sha256=${good}`), CURRENT],
    ["X-Hub-Signature-256", headers(undefined, `sha256=${good}`), CURRENT],
    ["X-Hub-Signature-256 in upper case", headers(undefined, `sha256=${good.toUpperCase()}`), CURRENT],
    ["a previous secret", headers(sign(BODY, "older")), PREVIOUS],
    ["the last previous secret", headers(undefined, `sha256=${sign(BODY, "oldest")}`), PREVIOUS],
    ["X-Signature beside a wrong X-Hub-Signature-256", headers(good, `sha256=${wrong}`), CURRENT],
    ["X-Signature beside a malformed X-Hub-Signature-256", headers(good, "x"), CURRENT],
  ] as const) {
    it(`accepts ${name}`, () => {
      assert.deepEqual(verify(BODY, given), expected);
    });
  }

  for (const [name, given, expected] of [
    ["neither header", headers(), MISSING],
    ["an empty X-Signature", headers(""), MALFORMED],
    ["an empty X-Hub-Signature-256", headers(undefined, ""), MALFORMED],
    ["X-Hub-Signature-256 without the prefix", headers(undefined, good), MALFORMED],
    ["X-Signature sent twice", headers(`${good}, ${good}`), MALFORMED],
    ["X-Hub-Signature-256 sent twice", headers(undefined, `sha256=${good}, sha256=${good}`), MALFORMED],
    ["a wrong X-Signature beside a valid X-Hub-Signature-256", headers(wrong, `sha256=${good}`), MISMATCH],
    ["a malformed X-Signature beside a valid X-Hub-Signature-256", headers("x", `sha256=${good}`), MALFORMED],
    ["an empty X-Signature beside a valid X-Hub-Signature-256", headers("", `sha256=${good}`), MALFORMED],
    ["another secret", headers(wrong), MISMATCH],
    ["the empty secret", headers(sign(BODY, "")), MISMATCH],
    ["the secret with white space", headers(sign(BODY, "testsecret\n")), MISMATCH],
    ["the signature of another body", headers(sign(Buffer.from("x"))), MISMATCH],
    ["a wrong first bit", headers((Number.parseInt(good.slice(0, 1), 16) ^ 8).toString(16) + good.slice(1)), MISMATCH],
    ["a wrong last bit", headers(good.slice(0, -1) + (Number.parseInt(good.slice(-1), 16) ^ 1).toString(16)), MISMATCH],
    ["all zeros", headers("0".repeat(64)), MISMATCH],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(withoutHint(verify(BODY, given)), expected);
    });
  }

  for (const [name, body] of [
    ["no bytes", Buffer.alloc(0)],
    ["bytes that are not UTF-8", Buffer.from([0xff, 0x00, 0xc0, 0x80])],
    ["a byte order mark", Buffer.from("\ufeff{}")],
    ["white space", Buffer.from(' {"a" : 1}\r\n')],
    ["a view into a larger buffer", BODY.subarray(3, 9)],
    ["a plain Uint8Array", new Uint8Array([1, 2, 3])],
  ] as const) {
    it(`verifies the raw bytes of the body: ${name}`, () => {
      assert.deepEqual(verify(body, headers(sign(body))), CURRENT);
    });
  }

  for (const secret of [" spaces ", "a\u0000b", "ключ😀", "x".repeat(1000)]) {
    it(`uses the UTF-8 bytes of the secret ${JSON.stringify(secret.slice(0, 10))} as they are`, () => {
      const mac = createHmac("sha256", Buffer.from(secret, "utf8")).update(BODY).digest("hex");
      assert.deepEqual(createVerifier({ current: secret, previous: [] }, options)(BODY, headers(mac)), CURRENT);
    });
  }

  it("keeps nothing from the previous call", () => {
    assert.deepEqual(verify(BODY, headers(good)), CURRENT);
    assert.deepEqual(withoutHint(verify(BODY, headers(""))), MALFORMED);
    assert.deepEqual(verify(BODY, headers()), MISSING);
    assert.deepEqual(withoutHint(verify(BODY, headers(`${good.slice(0, 62)}xx`))), MALFORMED);
    assert.deepEqual(verify(BODY, headers(wrong)), MISMATCH);
  });

  it("returns nothing derived from the expected MAC, whatever it is given", () => {
    const expected = ["testsecret", "older", "oldest"].map((secret) => createHmac("sha256", secret).update(BODY).digest());
    const withNewline = sign(Buffer.concat([BODY, Buffer.from("\n")]));
    const attempts = [
      headers(), headers(""), headers(withNewline), headers(wrong), headers(undefined, wrong), headers(good.slice(0, 63)), headers(good),
      headers(`sha512=${good}`), headers(Buffer.from(good, "hex").toString("base64")), headers(`${good}, ${good}`), headers(undefined, good),
    ];
    const fresh = createVerifier(secrets, options);
    for (const attempt of attempts) {
      const verification = fresh(BODY, attempt);
      const shown = inspect(verification, { depth: Infinity, showHidden: true }) + JSON.stringify(verification);
      for (const mac of expected) {
        for (const encoding of ["hex", "base64", "base64url", "latin1"] as const) {
          assert.equal(shown.toLowerCase().includes(mac.toString(encoding).slice(0, 8).toLowerCase()), false);
        }
      }
    }
  });

  it("returns the same for every mismatch, however close it is", () => {
    const close = verify(BODY, headers(`${good.slice(0, 63)}${good.endsWith("0") ? "1" : "0"}`));
    const far = verify(Buffer.from("another body"), headers("f".repeat(64)));
    assert.deepEqual(Reflect.ownKeys(close), ["ok", "reason"]);
    assert.deepEqual(close, far);
  });
});

describe("the configured signature header", () => {
  const body = Buffer.from('{"id":820982911946154508}');
  const digest = createHmac("sha256", "testsecret").update(body).digest();
  const extra = createVerifier({ current: "testsecret", previous: ["older"] }, { clock: { nowMs: () => 0 }, toleranceSeconds: 300, extraHeader: "x-shopify-hmac-sha256" });
  const reasonOf = (headers: Readonly<Record<string, string>>): string => {
    const verification = extra(body, headers);
    return verification.ok ? verification.secret : verification.reason;
  };

  for (const [name, headers, expected] of [
    ["base64", { "x-shopify-hmac-sha256": digest.toString("base64") }, "current"],
    ["hex", { "x-shopify-hmac-sha256": digest.toString("hex") }, "current"],
    ["the previous secret", { "x-shopify-hmac-sha256": createHmac("sha256", "older").update(body).digest("base64") }, "previous"],
    ["another key", { "x-shopify-hmac-sha256": createHmac("sha256", "other").update(body).digest("base64") }, "mismatch"],
    ["another format", { "x-shopify-hmac-sha256": "t=1,v1=0" }, "malformed"],
    ["a wrong X-Signature beside it", { "x-shopify-hmac-sha256": digest.toString("base64"), "x-signature": "0".repeat(64) }, "mismatch"],
    ["a wrong svix-signature beside it", { "x-shopify-hmac-sha256": digest.toString("base64"), "svix-signature": "v1,x" }, "missing"],
    ["another name", { "x-other": digest.toString("base64") }, "missing"],
  ] as const) {
    it(`with ${name}: ${expected}`, () => {
      assert.equal(reasonOf(headers), expected);
    });
  }
});
