import assert from "node:assert/strict";
import { Agent } from "node:http";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { delivery, send, sign, startTestApp, type TestResponse } from "../support/app.ts";
import { atEnd } from "../support/cleanup.ts";
import { storedIds } from "../support/database.ts";
import { databaseUrl, ONLY_SQLITE } from "../support/engine.ts";
import { at } from "../support/json.ts";
import { startService } from "../support/process.ts";
import { repetitions } from "../support/sweep.ts";

function createSender(t: TestContext): (url: string, fields: Record<string, unknown>) => Promise<TestResponse> {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  atEnd(t, () => agent.destroy());
  return (url, fields) => {
    const body = JSON.stringify(delivery(fields));
    return send(url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) }, agent });
  };
}

test("after kill -9 during deliveries every message that got 200 is stored, once", async (t) => {
  const deliver = createSender(t);
  const service = await startService(t);
  const ids = Array.from({ length: 100 * repetitions(t, { full: 20, short: 4 }) }, (_, index) => `m${index}`);
  const killAt = Math.round(0.15 * ids.length);
  const acknowledged: string[] = [];
  await Promise.all(
    ids.map(async (message_id) => {
      const response = await deliver(service.url, { message_id }).catch(() => undefined);
      if (response?.status !== 200) return;
      acknowledged.push(message_id);
      if (acknowledged.length === killAt) service.signal("SIGKILL");
    }),
  );
  assert.deepEqual(await service.exited, { code: null, signal: "SIGKILL" });
  assert.ok(acknowledged.length < ids.length, "the kill came during the deliveries");

  const path = join(service.folder, "data", "app.db");
  const again = await startTestApp(t, { env: { DATABASE_URL: await databaseUrl(t, path) } });
  const stored = new Set(storedIds(path));
  assert.deepEqual(acknowledged.filter((id) => !stored.has(id)), []);
  // The sender repeats all messages, including those that got a response.
  for (const response of await Promise.all(ids.map((message_id) => deliver(again.url, { message_id })))) assert.equal(response.status, 200);
  const { json } = await send(again.url, "/stats");
  assert.deepEqual([at(json, "total_messages"), at(json, "messages_per_sender", 0, "count")], [ids.length, ids.length]);
  assert.equal(at((await send(again.url, "/messages?q=hello&limit=1")).json, "total"), ids.length);
});

test("after an I/O error the service sends no response for a message in doubt, stops with status 1, and loses nothing", { skip: ONLY_SQLITE }, async (t) => {
  const deliver = createSender(t);
  // The WAL cannot grow beyond this many blocks, so a write to it fails.
  const service = await startService(t, {}, { limit: "-f 3000" });
  const text = "\u{1F600}".repeat(4096);
  const acknowledged: string[] = [];
  const refused: string[] = [];
  let withoutResponse = 0;
  let sent = 0;
  while (withoutResponse === 0) {
    const round = Array.from({ length: 20 }, async () => {
      const message_id = `m${sent++}`;
      const response = await deliver(service.url, { message_id, text }).catch(() => undefined);
      if (response === undefined) withoutResponse += 1;
      else if (response.status === 200) acknowledged.push(message_id);
      else {
        assert.equal(response.status, 503);
        refused.push(message_id);
      }
    });
    await Promise.all(round);
    assert.ok(sent < 5_000, "the limit is reached");
  }
  assert.deepEqual(await service.exited, { code: 1, signal: null });
  assert.equal((await service.logged("fatal storage fault"))["level"], "ERROR");
  const [faultLine] = service.stdout().split("\n").filter((line) => line.includes('"error"'));
  assert.equal(JSON.parse(faultLine ?? "{}").result, "unavailable");
  const stored = new Set(storedIds(join(service.folder, "data", "app.db")));
  assert.ok(acknowledged.length > 0);
  assert.deepEqual(acknowledged.filter((id) => !stored.has(id)), []);
  assert.deepEqual(refused.filter((id) => stored.has(id)), []);
});
