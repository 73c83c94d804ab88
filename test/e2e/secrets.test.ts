import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { delivery, send, sign, startTestApp, type TestResponse } from "../support/app.ts";
import { openConnection } from "../support/connection.ts";
import { startService } from "../support/process.ts";
import { temporaryFolder } from "../support/store.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const CANARIES = ["CANARY-current", "CANARY-previous", "CANARY-reloaded", "CANARY-token"] as const;
const [CURRENT, PREVIOUS, RELOADED, TOKEN] = CANARIES;

test("no secret appears in any response, log line, metric, on stderr or in the output of ps", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "secrets");
  writeFileSync(file, `${CURRENT}\n`);
  const service = await startService(t, { WEBHOOK_SECRET_FILE: file, WEBHOOK_SECRET_PREVIOUS: PREVIOUS, API_TOKEN: TOKEN }, { folder });
  const body = JSON.stringify(delivery());
  const responses: TestResponse[] = [];
  const signatures: string[] = [];
  const request = async (target: string, options: Parameters<typeof send>[2] = {}): Promise<void> => void responses.push(await send(service.url, target, options));
  async function deliver(secret: string, sent = body, headers: Record<string, string | string[]> = {}): Promise<void> {
    signatures.push(sign(sent, secret));
    await request("/webhook", { method: "POST", body: sent, headers: { "X-Signature": sign(sent, secret), ...headers } });
  }
  for (const secret of [CURRENT, PREVIOUS, "wrong"]) await deliver(secret);
  await deliver(CURRENT, "{");
  await deliver(CURRENT, "[]");
  await deliver(CURRENT, body, { "X-Signature": [sign(body, CURRENT), "x"] });
  await deliver(CURRENT, body, { "X-Signature": "x".repeat(64), "X-Request-ID": sign(body, CURRENT).slice(0, 8) });
  for (const authorization of [`Bearer ${TOKEN}`, `Bearer ${TOKEN} x`, `Basic ${TOKEN}`, "Bearer x", ""]) {
    for (const target of ["/messages", "/messages/m1", "/messages/none", "/stats", "/metrics", "/health/ready", "/nope"]) {
      await request(target, { headers: { Authorization: authorization } });
    }
  }
  for (const method of ["TRACE", "OPTIONS", "PUT", "HEAD"]) await request("/messages", { method, headers: { Authorization: `Bearer ${TOKEN}`, "Max-Forwards": "0" } });
  for (const bytes of [`GET /stats HTTP/1.1\r\nAuthorization: Bearer ${TOKEN}\r\nBROKEN\r\n\r\n`, `TRACE / HTTP/1.1\r\nHost: x\r\nHost: y\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`]) {
    const connection = await openConnection(t, service.url);
    connection.write(bytes);
    const [response] = await connection.untilClosed();
    responses.push({ status: response?.status ?? 0, headers: {}, body: JSON.stringify([...(response?.headers ?? []), response?.body]), json: undefined });
  }
  writeFileSync(file, `${RELOADED}\n${CURRENT}\n`);
  service.signal("SIGHUP");
  await service.logged("secrets reloaded");
  await deliver(RELOADED);
  writeFileSync(file, "");
  service.signal("SIGHUP");
  await service.logged((line) => line["level"] === "ERROR");
  await request("/metrics");

  const shown = readFileSync(`/proc/${service.pid}/cmdline`, "utf8") + readFileSync(`/proc/${service.pid}/comm`, "utf8");
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
  const outputs = [...responses.map((response) => JSON.stringify([response.headers, response.body])), service.stdout(), service.stderr(), shown];
  for (const text of outputs) {
    for (const canary of [...CANARIES, "CANARY"]) assert.ok(!text.includes(canary), text.slice(0, 400));
    // Not even a prefix of an expected signature appears. A sender sent eight digits of one as its own request id.
    for (const signature of signatures) assert.ok(!text.toLowerCase().includes(signature.slice(0, 16)), text.slice(0, 400));
  }
});

test("/metrics is open, and shows counts but never content", async (t) => {
  const service = await startTestApp(t, { env: { API_TOKEN: TOKEN } });
  const body = JSON.stringify(delivery({ message_id: "CANARY-id", from: "+911234500000", to: "+911234500001", text: "CANARY-text" }));
  await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } });
  await send(service.url, "/messages/CANARY-id");
  await send(service.url, "/CANARY-path?CANARY-query");
  await send(service.url, "/stats", { method: "PROPFIND", headers: { "User-Agent": "CANARY-agent" } });
  for (const accept of ["text/plain", "application/openmetrics-text"]) {
    const response = await send(service.url, "/metrics", { headers: { Accept: accept } });
    assert.equal(response.status, 200);
    assert.ok(!/CANARY|911234500/.test(response.body));
  }
});

test("with fewer file descriptors than clients the service still responds", ONLY_IN_FULL_RUN, async (t) => {
  const service = await startService(t, {}, { limit: "-n 128" });
  await Promise.all(
    Array.from({ length: 300 }, async () => {
      const { socket } = await openConnection(t, service.url);
      socket.on("error", () => undefined);
    }),
  );
  for (const path of ["/health/live", "/health/ready", "/metrics", "/stats"]) assert.equal((await send(service.url, path)).status, 200, path);
  const body = JSON.stringify(delivery());
  assert.equal((await send(service.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) } })).status, 200);
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
});
