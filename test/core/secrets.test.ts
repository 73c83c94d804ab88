import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { standardWebhooksKey } from "../../src/core/secrets.ts";

describe("standardWebhooksKey", () => {
  for (const [secret, key] of [
    ["whsec_AA==", Buffer.from([0])],
    ["whsec_AAE=", Buffer.from([0, 1])],
    ["whsec_AAEC", Buffer.from([0, 1, 2])],
    ["whsec_+/+/", Buffer.from([0xfb, 0xff, 0xbf])],
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Buffer.from("31f290f6bf06298aab4f08d43c3f082cf648a362da2da4b0", "hex")],
    [`whsec_${Buffer.alloc(1000, 7).toString("base64")}`, Buffer.alloc(1000, 7)],
  ] as const) {
    it(`decodes ${secret.slice(0, 40)}`, () => {
      assert.deepEqual(standardWebhooksKey(secret), key);
    });
  }

  for (const secret of ["testsecret", "whsec", "WHSEC_AA==", " whsec_AA==", "AAEC", "ключ"]) {
    it(`uses ${secret} as its UTF-8 bytes`, () => {
      assert.deepEqual(standardWebhooksKey(secret), Buffer.from(secret, "utf8"));
    });
  }

  for (const encoded of ["", "A", "AA", "AAE", "AA=", "A===", "AAEC=", "====", "AA==AA==", "-_-_", "AA==\n", " AAEC", "AAEC ", "AA\nC", "ключ"]) {
    it(`refuses whsec_${JSON.stringify(encoded)}`, () => {
      assert.equal(standardWebhooksKey(`whsec_${encoded}`), undefined);
    });
  }
});
