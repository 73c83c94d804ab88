import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { send, startTestApp } from "../support/app.ts";
import { at, listAt } from "../support/json.ts";
import { codeSpans, parseMarkdown } from "../support/markdown.ts";
import { oneOfMany } from "../support/sweep.ts";

const SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW_MS = Date.UTC(2025, 0, 15, 10, 0, 5);
const BODY = '{"message_id":"m1","from":"+919876543210","to":"+14155550100","ts":"2025-01-15T10:00:00Z","text":"Grüße 👋"}';
const NOTIFICATION =
  '{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",' +
  '"metadata":{"display_phone_number":"14155550100","phone_number_id":"9"},"messages":[{"from":"919876543210","id":"wamid.m1",' +
  '"timestamp":"1736935200","type":"text","text":{"body":"Gr\\u00fc\\u00dfe"}}]}}]}]}';
const FORM = new URLSearchParams({
  MessageSid: "SM0123456789abcdef0123456789abcdef",
  From: "whatsapp:+919876543210",
  To: "whatsapp:+14155550100",
  Body: "Grüße & 👋",
  NumMedia: "0",
  SmsStatus: "received",
}).toString();
const SIGNED_AT = {
  id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
  timestamp: "1736935205",
  signature: "v1,r/AXqh+q9gQR4jKatWmODmAIcgqWVtecSmmyYsZ9uEk=",
};

interface Sender {
  readonly target?: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly env?: Record<string, string>;
  readonly stored: readonly [id: string, text: string];
}

const OWN = ["m1", "Grüße 👋"] as const;

/** One delivery for each row of the table. The library named above each one made its signature. */
const SENDERS: Readonly<Record<string, Sender>> = {
  // @octokit/webhooks-methods 6.0.0, because GitHub uses the same scheme.
  "WhatsApp Cloud API": {
    headers: { "X-Hub-Signature-256": "sha256=99d62cf51fcc798dd13f6227bfb7f74a7d768804c26ea2c3559af9f7b7301ffe" },
    body: NOTIFICATION,
    stored: ["wamid.m1", "Grüße"],
  },
  // twilio 6.3.1 for Node.js
  "Twilio, SMS and WhatsApp": {
    target: "/webhook/twilio?x=1",
    headers: { "X-Twilio-Signature": "R+YPoO3nHCBbHbqYohT4lurVwb0=", "Content-Type": "application/x-www-form-urlencoded" },
    body: FORM,
    env: { TWILIO_AUTH_TOKEN: "12345", PUBLIC_URL: "https://inbox.example.com" },
    stored: ["SM0123456789abcdef0123456789abcdef", "Grüße & 👋"],
  },
  // standardwebhooks 1.1.1 for Node.js
  "a sender of Standard Webhooks": {
    headers: { "webhook-id": SIGNED_AT.id, "webhook-timestamp": SIGNED_AT.timestamp, "webhook-signature": SIGNED_AT.signature },
    body: BODY,
    stored: OWN,
  },
  // svix 1.99.1 for Node.js
  Svix: {
    headers: { "svix-id": SIGNED_AT.id, "svix-timestamp": SIGNED_AT.timestamp, "svix-signature": SIGNED_AT.signature },
    body: BODY,
    stored: OWN,
  },
  // openssl dgst -sha256 -hmac SECRET -binary | base64
  "another platform that signs the raw body with HMAC-SHA256": {
    headers: { "X-Shopify-Hmac-Sha256": "cBiJYT6lnmVbRWR6exss+SIMjjt+mlIbCgxwBUztnZQ=" },
    body: BODY,
    env: { WEBHOOK_SIGNATURE_HEADER: "X-Shopify-Hmac-Sha256" },
    stored: OWN,
  },
  // @octokit/webhooks-methods 6.0.0
  "your own program": {
    headers: { "X-Signature": "701889613ea59e655b45647a7b1b2cf9220c8e3b7e9a521b0a0c70054ced9d94" },
    body: BODY,
    stored: OWN,
  },
};

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const ROWS = parseMarkdown(README).get("Senders")?.rows ?? [];

test("the README's table of senders has a row for each delivery of this test", () => {
  assert.deepEqual(
    ROWS.map(([name]) => name),
    Object.keys(SENDERS),
  );
});

for (const [index, [name = "", enter = "", signs = "", secret = ""]] of ROWS.entries()) {
  test(`a delivery set up as the table says is stored: ${name}`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const sender = SENDERS[name];
    assert.ok(sender !== undefined);
    const { target = "/webhook", headers, body, env = {}, stored } = sender;
    const app = await startTestApp(t, { clock: { nowMs: () => NOW_MS }, env: { WEBHOOK_SECRET: SECRET, ...env } });
    const response = await app.request(target, { method: "POST", body, headers });
    assert.equal(response.status, 200);
    const [only, ...more] = listAt((await app.request("/messages")).json, "data");
    assert.deepEqual(
      [at(only, "message_id"), at(only, "from"), at(only, "to"), at(only, "text"), more],
      [stored[0], "+919876543210", "+14155550100", stored[1], []],
    );

    // The row names the path, the header and the setting of that delivery.
    assert.equal(codeSpans(enter)[0], `https://inbox.example.com${target.split("?", 1)[0]}`);
    const [header = ""] = codeSpans(signs);
    assert.ok(header === "WEBHOOK_SIGNATURE_HEADER" ? header in env : header in headers, header);
    const [setting = ""] = codeSpans(secret);
    assert.ok(setting === "WEBHOOK_SECRET" || setting in env, setting);

    const changed = await send(app.url, target, { method: "POST", body: body.replace("Gr", "gr"), headers });
    assert.equal(changed.status, 401);
  });
}
