import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApp } from "../support/app.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { postTwilio, SMS, TWILIO_ENV } from "../support/twilio.ts";
import { parseExposition } from "../telemetry/exposition-parser.ts";

let nowMs = Date.UTC(2025, 0, 15, 10);
const shared = sharedApp({ env: TWILIO_ENV, clock: { nowMs: () => nowMs } });

test("an SMS is stored once, and Twilio gets an empty TwiML document each time", async () => {
  const app = await shared();
  const counts = async (): Promise<readonly number[]> => {
    const { samples } = parseExposition((await app.request("/metrics")).body);
    return ["created", "duplicate", "conflict"].map((result) => samples.get(`webhook_messages_total{format="twilio",result="${result}"}`) ?? NaN);
  };
  const before = await counts();
  for (const _ of [1, 2]) {
    const response = await postTwilio(app, SMS);
    assert.deepEqual([response.status, response.headers["content-type"], response.body], [200, "text/xml; charset=utf-8", "<Response/>"]);
    nowMs += 5000;
  }
  const { created_at: _, ...row } = Object((await app.request("/messages/SM1")).json);
  assert.deepEqual(row, { message_id: "SM1", from: SMS.From, to: SMS.To, ts: "2025-01-15T10:00:00Z", text: "Hello" });

  const lines = (await app.requestLines(4)).filter(({ method }) => method === "POST");
  assert.deepEqual(
    lines
      .map(({ path, format, message_id, result, conflict, messages, created, duplicates }) => [
        path,
        format,
        message_id,
        result,
        conflict,
        messages,
        created,
        duplicates,
      ]),
    [
      ["/webhook/twilio", "twilio", "SM1", "created", undefined, 1, 1, 0],
      ["/webhook/twilio", "twilio", "SM1", "duplicate", undefined, 1, 0, 1],
    ],
  );
  const after = await counts();
  assert.deepEqual(after.map((count, index) => count - (before[index] ?? NaN)), [1, 1, 0]);
});

test("a WhatsApp message from Twilio is stored at full length, without the prefix of its numbers", async () => {
  const app = await shared();
  const body = "é & 👋 ".repeat(1000);
  assert.equal((await postTwilio(app, { ...SMS, MessageSid: "long", From: "whatsapp:+14155550101", To: "whatsapp:+14155550100", Body: body })).status, 200);
  const { json } = await app.request("/messages/long");
  assert.deepEqual([at(json, "from"), at(json, "to"), at(json, "text")], ["+14155550101", "+14155550100", body]);
});

test("a signature over a URL with a query or a trailing slash is accepted", async () => {
  const app = await shared();
  const sms = { ...SMS, MessageSid: "another URL" };
  assert.equal((await postTwilio(app, sms, {}, "/webhook/twilio?tenant=a%20b&x")).status, 200);
  assert.equal((await postTwilio(app, sms, {}, "/webhook/twilio/")).status, 200);
});

test("a status report is acknowledged and not stored", async () => {
  const app = await shared();
  assert.equal((await postTwilio(app, { ...SMS, MessageSid: "reported", MessageStatus: "delivered" })).status, 200);
  assert.equal((await app.request("/messages/reported")).status, 404);
  const [line] = await app.requestLines(1);
  assert.deepEqual([line?.["level"], line?.["messages"], line?.["ignored"]], ["INFO", 0, 1]);
});

test("a request that Twilio did not sign is refused, and the log says why", async () => {
  const app = await shared();
  const sms = { ...SMS, MessageSid: "unsigned" };
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`p${index}`, ""]));
  const responses = [
    await app.request("/webhook/twilio", { method: "POST", body: "MessageSid=unsigned" }),
    await postTwilio(app, sms, { "X-Twilio-Signature": "x" }),
    await postTwilio(app, sms, { "X-Twilio-Signature": `${"A".repeat(27)}=` }),
    await postTwilio(app, many),
  ];
  for (const response of responses) assert.deepEqual([response.status, response.body], [401, '{"detail":"invalid signature"}']);
  const lines = await app.requestLines(4);
  assert.deepEqual(
    lines.map(({ reason }) => reason),
    ["missing", "malformed", "mismatch", "malformed"],
  );
  assert.equal((await app.request("/messages/unsigned")).status, 404);
});

test("a signature in the header that WEBHOOK_SIGNATURE_HEADER names is accepted", async (t) => {
  const app = await startTestApp(t, { env: { WEBHOOK_SIGNATURE_HEADER: "X-Shopify-Hmac-SHA256" } });
  const body = '{"message_id":"m1","from":"+919876543210","to":"+14155550100","ts":"2025-01-15T10:00:00Z"}';
  // openssl dgst -sha256 -hmac testsecret -binary | base64
  const headers = { "X-Shopify-Hmac-Sha256": "lbcEAbK0XpzK88s6AqF2nqw8JOo4mvfgAEHVr0V07Cw=" };
  assert.equal((await app.request("/webhook", { method: "POST", body, headers })).status, 200);
});
