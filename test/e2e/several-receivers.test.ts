import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { delivery, startTestApp, type TestApp, type TestAppOptions } from "../support/app.ts";
import { at } from "../support/json.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../support/shared-postgres.ts";
import { openStream } from "../support/stream.ts";
import { repetitions, SKIP_IN_SHORT_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const skip = SKIP_WITHOUT_POSTGRES;
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

function startAll(t: TestContext, url: string, options: TestAppOptions = {}): Promise<readonly TestApp[]> {
  return Promise.all([1, 2, 3].map(() => startTestApp(t, { ...options, env: { DATABASE_URL: url, ...options.env } })));
}

test("the tails of all receivers give every stored message once and in the same order, and all count the same", { skip }, async (t) => {
  const receivers = await startAll(t, await server.createDatabase());
  const tails = await Promise.all(receivers.map(({ url }) => openStream(t, `${url}/tail`)));
  const ids = Array.from({ length: 30 * repetitions(t, { full: 3, short: 1 }) }, (_, index) => `m${index}`);
  // Each message goes to two receivers: for one of them it is a repeat.
  const responses = await Promise.all(ids.flatMap((id, index) =>
    [index, index + 1].map((receiver) => receivers[receiver % 3]?.deliver(delivery({ message_id: id })))));
  assert.deepEqual(new Set(responses.map((response) => response?.status)), new Set([200]));
  const [first = [], ...others] = await Promise.all(tails.map((tail) => tail.chunks(ids.length)));
  assert.deepEqual(first.map((line) => at(JSON.parse(line), "message_id")).toSorted(), ids.toSorted());
  for (const other of others) assert.deepEqual(other, first);
  for (const { request } of receivers) {
    assert.equal(at((await request("/stats")).json, "total_messages"), ids.length);
    await until("the gauge counts them all", async () => (await request("/metrics")).body.includes(`\nwebhook_stored_messages ${ids.length}\n`));
  }
});

test("after one receiver stops the others continue, and a message that it erased is gone from all", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const env = { API_TOKEN: "token" };
  const [one, other] = await startAll(t, await server.createDatabase(), { env });
  assert.ok(one !== undefined && other !== undefined);
  const headers = { Authorization: "Bearer token" };
  for (const id of ["a", "b"]) assert.equal((await one.deliver(delivery({ message_id: id }))).status, 200);
  assert.equal((await one.request("/messages/a", { method: "DELETE", headers })).status, 204);
  await one.app.close();
  assert.equal((await other.request("/messages/a", { headers })).status, 404);
  assert.equal((await other.deliver(delivery({ message_id: "a" }))).status, 200);
  assert.equal((await other.request("/messages/a", { headers })).status, 404);
  assert.equal(at((await other.request("/stats", { headers })).json, "total_messages"), 1);
});

test("several receivers together remove each old message once", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const url = await server.createDatabase();
  const startMs = Date.UTC(2025, 0, 1);
  const [first] = await startAll(t, url, { clock: { nowMs: () => startMs } });
  for (let index = 0; index < 30; index += 1) await first?.deliver(delivery({ message_id: `m${index}` }));
  // A clock that jumps ahead without any messages in between would not be trusted.
  const [second] = await startAll(t, url, { clock: { nowMs: () => startMs + 6 * 86_400_000 } });
  await second?.deliver(delivery({ message_id: "young" }));
  const later = { nowMs: () => startMs + 8 * 86_400_000 };
  const removers = await startAll(t, url, { clock: later, env: { RETENTION_DAYS: "7" } });
  const removed = async ({ request }: TestApp): Promise<number> =>
    Number(/^webhook_removed_messages_total (\d+)$/m.exec((await request("/metrics")).body)?.[1]);
  await until("all old messages are removed", async () => (await Promise.all(removers.map(removed))).reduce((sum, count) => sum + count, 0) >= 30);
  assert.equal((await Promise.all(removers.map(removed))).reduce((sum, count) => sum + count, 0), 30);
  for (const { request } of removers) assert.equal(at((await request("/stats")).json, "total_messages"), 1);
});
