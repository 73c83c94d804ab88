import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, sign, startTestApp } from "../support/app.ts";
import { openConnection, rawPost } from "../support/connection.ts";
import { otherConnection } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { sharedApp } from "../support/shared-app.ts";
import { oneOfMany } from "../support/sweep.ts";

const NOW = Date.UTC(2025, 0, 15, 10, 0, 0, 7);
const FIXED_CLOCK = { clock: { nowMs: () => NOW } };
const shared = sharedApp({ ...FIXED_CLOCK, busyTimeoutMs: 1 });

test("the log line of a request has a fixed order of fields", async () => {
  const app = await shared();
  await app.deliver(delivery(), { "X-Request-ID": "id-1" });
  await app.request("/messages?q=Hello&limit=1", { headers: { "X-Request-ID": "id-2" } });
  const [created, listed] = await app.requestLines(2);
  assert.deepEqual(Object.keys(created ?? {}), ["ts", "level", "request_id", "method", "path", "status", "latency_ms", "client", "message_id", "dup", "result"]);
  assert.deepEqual({ ...created, latency_ms: 0 }, {
    ts: "2025-01-15T10:00:00.007Z", level: "INFO", request_id: "id-1", method: "POST", path: "/webhook", status: 200, latency_ms: 0, client: "127.0.0.1",
    message_id: "m1", dup: false, result: "created",
  });
  assert.deepEqual({ ...listed, latency_ms: 0 }, {
    ts: "2025-01-15T10:00:00.007Z", level: "INFO", request_id: "id-2", method: "GET", path: "/messages", status: 200, latency_ms: 0, client: "127.0.0.1",
  });
  for (const line of [created, listed]) {
    const latency = line?.["latency_ms"];
    assert.ok(typeof latency === "number" && latency >= 0, String(latency));
  }
});

test("each result is logged with its level, and with the message_id once it is known", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t, { ...FIXED_CLOCK, busyTimeoutMs: 1, env: { MAX_BODY_BYTES: "1000", WEBHOOK_RATE_LIMIT: "7" } });
  const other = otherConnection(t, app.databasePath);
  await app.deliver(delivery());
  await app.deliver(delivery());
  await app.deliver(delivery(), { "X-Signature": "wrong" });
  await app.deliver(delivery({ from: "x" }));
  await app.deliver(delivery({ message_id: "" }));
  await app.deliver("x".repeat(1001));
  other.exec("BEGIN IMMEDIATE");
  await app.deliver(delivery({ message_id: "m2" }));
  other.exec("ROLLBACK");
  await app.deliver(delivery());
  const lines = await app.requestLines(8);
  assert.deepEqual(
    lines.map((line) => [line["result"], line["level"], line["status"], line["dup"], line["message_id"]]),
    [
      ["created", "INFO", 200, false, "m1"],
      ["duplicate", "INFO", 200, true, "m1"],
      ["invalid_signature", "WARNING", 401, false, undefined],
      ["validation_error", "WARNING", 422, false, "m1"],
      ["validation_error", "WARNING", 422, false, undefined],
      ["too_large", "WARNING", 413, false, undefined],
      ["unavailable", "ERROR", 503, false, "m2"],
      ["rate_limited", "WARNING", 429, false, undefined],
    ],
  );
});

test("requests are logged at INFO below 400, at WARNING for 4xx and at ERROR for 5xx", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  await app.request("/health/live");
  await app.request("/webhook", { method: "OPTIONS" });
  await app.request("/nope");
  await app.request("/stats", { method: "POST" });
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  await app.request("/health/ready");
  other.exec("ROLLBACK");
  const lines = await app.requestLines(5);
  assert.deepEqual(lines.map((line) => `${line["level"]} ${line["status"]}`), ["INFO 200", "INFO 204", "WARNING 404", "WARNING 405", "ERROR 503"]);
});

const LEVELS: readonly (readonly [string, readonly (number | undefined)[]])[] = [
  ["error", [503]],
  ["WARNING", [404, 503]],
  ["Warn", [404, 503]],
  ["INFO", [200, 404, 503]],
  ["debug", [200, 404, 503]],
];

for (const [index, [level, statuses]] of LEVELS.entries()) {
  test(`LOG_LEVEL=${level} logs only requests with status ${statuses.join(", ")}`, { skip: ONLY_SQLITE || oneOfMany(index, { every: 5 }) }, async (t) => {
    const app = await startTestApp(t, { env: { LOG_LEVEL: level } });
    await app.request("/health/live");
    await app.request("/nope");
    otherConnection(t, app.databasePath).exec("DROP TABLE messages");
    await app.request("/stats");
    const lines = await app.requestLines(statuses.length);
    assert.deepEqual(lines.map((line) => line["status"]), statuses);
  });
}

test("start, secret reload and stop are logged with a msg, the start with the address", async (t) => {
  const app = await startTestApp(t);
  app.app.useSecrets({ current: "next", previous: ["testsecret"] });
  await app.app.close();
  const lines = app.logLines();
  assert.deepEqual(lines.map((line) => [line["level"], line["msg"]]), [
    ["INFO", "started"], ["INFO", "secrets reloaded"], ["INFO", "stopping"], ["INFO", "stopped"],
  ]);
  assert.equal(lines[0]?.["url"], app.url);
});

test("no secret, signature, token or text is ever logged, and every line is one JSON object", { skip: ONLY_SQLITE }, async (t) => {
  const env = { WEBHOOK_SECRET: "CANARY-secret", WEBHOOK_SECRET_PREVIOUS: "CANARY-previous", API_TOKEN: "CANARY-token", MAX_BODY_BYTES: "2000" };
  const app = await startTestApp(t, { env, busyTimeoutMs: 1 });
  const text = "CANARY-text \n\u2028";
  const good = JSON.stringify(delivery({ text }));
  const authorization = { Authorization: "Bearer CANARY-token" };
  const signatures: string[] = [];
  async function deliver(body: string, secret = "CANARY-secret", headers: Record<string, string> = {}): Promise<void> {
    signatures.push(sign(body, secret));
    await app.deliver(body, { "X-Signature": sign(body, secret), ...headers });
  }
  await deliver(good);
  await deliver(good, "CANARY-previous");
  await deliver(good, "CANARY-wrong");
  await deliver(JSON.stringify(delivery({ text: `${text} other` })));
  await deliver(JSON.stringify(delivery({ text, from: "CANARY-from" })));
  await deliver(`{"text": "CANARY-text`);
  await deliver("CANARY-text".repeat(300));
  await deliver(good, "CANARY-secret", { "X-Signature": "CANARY-signature", "X-Request-ID": "no CANARY id" });
  for (const target of ["/messages?q=CANARY-text", "/messages?since=CANARY-since", "/stats?token=CANARY-token", "/metrics?CANARY", "/nope?CANARY"]) {
    await app.request(target, { headers: authorization });
    await app.request(target, { headers: { Authorization: "Bearer CANARY-wrong" } });
  }
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  await deliver(JSON.stringify(delivery({ message_id: "m2", text })));
  await app.request("/health/ready");
  other.exec("ROLLBACK");
  other.exec("DROP TABLE messages");
  await deliver(good);
  await app.request("/messages?q=CANARY-text", { headers: authorization });
  for (const malformed of [`CANARY ${rawPost(good)}`, rawPost(good).replace("Host: x", "Host: x\r\nHost: CANARY"), rawPost(good, { length: 1500 })]) {
    const connection = await openConnection(t, app.url);
    connection.write(malformed);
    connection.halfClose();
    await connection.untilClosed();
  }
  app.app.useSecrets({ current: "CANARY-next", previous: ["CANARY-secret"] });
  await app.app.close();

  const log = app.rawLog();
  assert.equal((await app.requestLines(0)).length, 25);
  assert.deepEqual(log.split("\n").filter((line) => line.includes("CANARY")), []);
  for (const signature of signatures) assert.ok(!log.includes(signature.slice(0, 16)));
  assert.ok(log.endsWith("\n"));
  for (const line of log.slice(0, -1).split("\n")) assert.equal(typeof JSON.parse(line), "object");
});

test("a client's path and message_id cannot break out of the log line", async () => {
  const app = await shared();
  const id = 'a"}\n{"level":"ERROR"\u0000\u001b[31m\u2028\ud83d\ude00';
  await app.deliver(delivery({ message_id: id }));
  await app.request('/x%0A"}{');
  const lines = await app.requestLines(2);
  assert.deepEqual(lines.map((line) => [line["message_id"], line["path"]]), [[id, "/webhook"], [undefined, '/x%0A"}{']]);
  assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/.test(app.rawLog()));
});
