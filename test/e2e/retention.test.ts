import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at, listAt } from "../support/json.ts";
import { startService } from "../support/process.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const DAY_MS = 86_400_000;
const STARTED_MS = Date.parse("2025-03-01T00:00:00Z");

async function numberAt(app: TestApp, target: string, field: string): Promise<number> {
  return Number(at((await app.request(target)).json, field));
}

test("RETENTION_DAYS removes old messages from lists, searches and counts, and a late retry of one is still a duplicate", { skip: ONLY_SQLITE }, async (t) => {
  let nowMs = STARTED_MS;
  const first = await startTestApp(t, { clock: { nowMs: () => nowMs } });
  // All messages are in one hour of the timeline, so its count must shrink.
  const old = ["a", "b"].map((id) => delivery({ message_id: id, text: `parcel ${id}` }));
  for (const message of old) assert.equal((await first.deliver(message)).status, 200);
  // A clock that jumps ahead without any messages in between would not be trusted.
  nowMs += 5 * DAY_MS;
  await first.deliver(delivery({ message_id: "c", text: "parcel c" }));
  assert.equal(await numberAt(first, "/messages", "total"), 3, "without RETENTION_DAYS all messages stay");
  await first.app.close();

  const env = { DATABASE_URL: `sqlite:///${first.databasePath}`, RETENTION_DAYS: "7" };
  const app = await startTestApp(t, { env, clock: { nowMs: () => STARTED_MS + 8 * DAY_MS } });
  await until("one message is left", async () => (await numberAt(app, "/stats", "total_messages")) === 1);
  assert.deepEqual(listAt((await app.request("/messages")).json, "data").map((one) => at(one, "message_id")), ["c"]);
  assert.equal(await numberAt(app, "/messages?q=PARCEL", "total"), 1);
  assert.deepEqual(at((await app.request("/stats/timeline")).json, "data"), [{ start: "2025-01-15T10:00:00Z", count: 1 }]);
  assert.equal((await app.request("/messages/a")).status, 404);
  const runs = (): readonly Record<string, unknown>[] => app.logLines().filter(({ msg }) => msg === "retention");
  await until("the run is logged", () => runs().length > 0);
  assert.deepEqual(runs().map(({ removed, received_before }) => [removed, received_before]), [[2, new Date(STARTED_MS + DAY_MS).toISOString()]]);
  assert.match((await app.request("/metrics")).body, /^webhook_removed_messages_total 2$/m);

  for (const message of old) assert.equal((await app.deliver(message)).status, 200);
  assert.match((await app.request("/metrics")).body, /^webhook_requests_total\{result="duplicate"\} 2$/m);
  assert.equal(await numberAt(app, "/messages", "total"), 1);
});

test("SIGUSR2 confirms a clock that jumped ahead", { skip: ONLY_SQLITE || SKIP_IN_SHORT_RUN }, async (t) => {
  const service = await startService(t, { RETENTION_DAYS: "7" });
  service.signal("SIGUSR2");
  await service.logged("clock confirmed");
  service.signal("SIGTERM");
  assert.deepEqual(await service.exited, { code: 0, signal: null });
});
