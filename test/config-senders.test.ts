import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig, type Config } from "../src/config.ts";
import type { Environment } from "../src/setting.ts";

const SECRET = { WEBHOOK_SECRET: "testsecret" };

function load(env: Environment): Config {
  const loaded = loadConfig(env);
  if (!loaded.ok) assert.fail(loaded.error.join("\n"));
  return loaded.value;
}

/** The names of the refused variables, in order. */
function refused(env: Environment): string[] {
  const loaded = loadConfig(env);
  return loaded.ok ? [] : loaded.error.map((line) => line.slice(0, line.indexOf(":")));
}

describe("the settings for senders", () => {
  it("reads WEBHOOK_SIGNATURE_HEADER in lower case", () => {
    assert.equal(load({ ...SECRET, WEBHOOK_SIGNATURE_HEADER: "X-Shopify-Hmac-Sha256" }).signatureHeader, "x-shopify-hmac-sha256");
  });

  for (const publicUrl of ["https://inbox.example.com", "http://user:pass@10.0.0.1:8080/inbox/", "HTTPS://[::1]/"]) {
    it(`reads TWILIO_AUTH_TOKEN with PUBLIC_URL=${publicUrl}`, () => {
      assert.deepEqual(load({ ...SECRET, TWILIO_AUTH_TOKEN: "t", PUBLIC_URL: publicUrl }).twilio, { authToken: "t", publicUrl });
    });
  }

  for (const [given, missing] of [
    [{ TWILIO_AUTH_TOKEN: "t" }, "PUBLIC_URL"],
    [{ PUBLIC_URL: "https://a.example" }, "TWILIO_AUTH_TOKEN"],
  ] as const) {
    it(`refuses ${Object.keys(given).join()} without ${missing}`, () => {
      assert.deepEqual(refused({ ...SECRET, ...given }), [missing]);
    });
  }

  it("refuses a TWILIO_AUTH_TOKEN with a space", () => {
    assert.deepEqual(refused({ ...SECRET, TWILIO_AUTH_TOKEN: "two words", PUBLIC_URL: "https://a.example" }), ["TWILIO_AUTH_TOKEN"]);
  });

  for (const publicUrl of ["inbox.example.com", "ftp://a.example", "https://", "https:///x", "https://a.example?x=1", "https://a.example/#x", "https://a.example/a b", "https://a.example\n"]) {
    it(`refuses PUBLIC_URL=${JSON.stringify(publicUrl)}`, () => {
      assert.deepEqual(refused({ ...SECRET, TWILIO_AUTH_TOKEN: "t", PUBLIC_URL: publicUrl }), ["PUBLIC_URL"]);
    });
  }
});
