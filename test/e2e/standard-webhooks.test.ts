import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { delivery, sign, type TestResponse, type TestApp } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { sharedApp } from "../support/shared-app.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const KEY = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
const NOW_SECONDS = 1614265330;
const EXAMPLE = {
  "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
  "webhook-timestamp": String(NOW_SECONDS),
  "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const BODY = JSON.stringify(delivery());

function headers(body: string, options: { readonly id?: string; readonly seconds?: number; readonly key?: string | Uint8Array } = {}): Record<string, string> {
  const { id = "msg_1", seconds = NOW_SECONDS, key = KEY } = options;
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": `v1,${signature}` };
}

const clock = { nowMs: () => NOW_SECONDS * 1000 };
const shared = sharedApp({ clock, env: { WEBHOOK_SECRET: SECRET, WEBHOOK_SECRET_PREVIOUS: "older" } });
/** One test replaces its secrets, and keeps the first one among them. */
const strict = sharedApp({ clock, env: { WEBHOOK_SECRET: SECRET, WEBHOOK_TOLERANCE_SECONDS: "10" } });

function post(app: TestApp, body: string, sent: Record<string, string | string[]>): Promise<TestResponse> {
  return app.request("/webhook", { method: "POST", body, headers: sent });
}

test("the published example has a valid signature, and gets 422 because its body is not a message", async () => {
  const app = await shared();
  const response = await post(app, '{"test": 2432232314}', EXAMPLE);
  assert.equal(response.status, 422);
  const [line] = await app.requestLines(1);
  assert.equal(line?.["result"], "validation_error");
});

test("a delivery is stored once, whatever its webhook-id, its signature header or its secret", async () => {
  const app = await shared();
  for (const sent of [
    headers(BODY), headers(BODY), headers(BODY, { id: "msg_2", seconds: NOW_SECONDS - 300 }), headers(BODY, { key: "older", seconds: NOW_SECONDS + 300 }),
    { "X-Signature": sign(BODY, SECRET) }, { ...EXAMPLE, "X-Hub-Signature-256": `sha256=${sign(BODY, "older")}` },
  ]) {
    const response = await post(app, BODY, sent);
    assert.deepEqual([response.status, response.body], [200, '{"status":"ok"}']);
  }
  const lines = await app.requestLines(6);
  assert.deepEqual(lines.map((line) => line["result"]), ["created", ...Array<string>(5).fill("duplicate")]);
  assert.deepEqual(storedIds(app.databasePath), ["m1"]);
});

test("every refused signature gets the same 401, and its log line has a reason and a hint but no value", async () => {
  const app = await shared();
  const before = storedIds(app.databasePath);
  const good = headers(BODY);
  const refused: readonly (readonly [Record<string, string | string[]>, string, RegExp])[] = [
    [headers(BODY, { seconds: NOW_SECONDS - 412 }), "stale", /^the timestamp is 412 s in the past, WEBHOOK_TOLERANCE_SECONDS is 300$/],
    [headers(BODY, { seconds: NOW_SECONDS + 301 }), "stale", /^the timestamp is 301 s in the future/],
    [headers(`${BODY}\n`), "mismatch", /^the signature matches if a newline is added to the body/],
    [{ "X-Signature": sign(`${BODY}\n`, SECRET) }, "mismatch", /^the signature matches if a newline is added to the body/],
    [{ "X-Signature": Buffer.from(sign(BODY, SECRET), "hex").toString("base64") }, "malformed", /^the header is in base64: hex is required$/],
    [{ ...good, "X-Signature": "" }, "malformed", /^the header is empty$/],
    [{ "webhook-signature": good["webhook-signature"] ?? "" }, "missing", /^webhook-id is missing/],
    [{ ...good, "webhook-id": ["msg_1", "msg_1"] }, "malformed", /sent once$/],
    [{ ...good, "webhook-timestamp": [String(NOW_SECONDS), String(NOW_SECONDS)] }, "malformed", /sent once$/],
    [{ ...good, "webhook-signature": [EXAMPLE["webhook-signature"], "x"] }, "malformed", /^webhook-signature must be v1,/],
    [{ ...good, "webhook-id": "\u00e9" }, "malformed", /^webhook-id must be/],
  ];
  for (const [sent] of refused) {
    const response = await post(app, BODY, sent);
    assert.deepEqual([response.status, response.body], [401, '{"detail":"invalid signature"}']);
  }
  const lines = await app.requestLines(refused.length);
  for (const [index, [, reason, hint]] of refused.entries()) {
    assert.equal(lines[index]?.["reason"], reason);
    assert.match(String(lines[index]?.["hint"]), hint);
  }
  const { body } = await app.request("/metrics");
  assert.match(body, /^webhook_signature_failures_total\{reason="stale"\} 2$/m);
  assert.deepEqual(storedIds(app.databasePath), before);
  const log = app.rawLog();
  for (const value of [SECRET, SECRET.slice(6), ...refused.flatMap(([sent]) => Object.values(sent).flat())]) {
    if (value.length > 20) assert.ok(!log.includes(value) && !log.includes(value.slice(3, 20)), value);
  }
});

test("WEBHOOK_TOLERANCE_SECONDS limits the age of a timestamp", async () => {
  const app = await strict();
  assert.equal((await post(app, BODY, headers(BODY, { seconds: NOW_SECONDS - 10 }))).status, 200);
  assert.equal((await post(app, BODY, headers(BODY, { seconds: NOW_SECONDS - 11 }))).status, 401);
});

test("whsec_ secrets that are set while the service runs are decoded too", async () => {
  const app = await strict();
  app.app.useSecrets({ current: "whsec_bmV3", previous: [SECRET] });
  for (const key of ["new", KEY]) assert.equal((await post(app, BODY, headers(BODY, { key }))).status, 200);
});
