import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { openConnection, rawPost } from "../support/connection.ts";
import { otherConnection } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at, listAt } from "../support/json.ts";

const READY = '{"status":"ok"}';

async function assertUnready(app: TestApp): Promise<void> {
  const answer = await app.request("/health/ready");
  assert.equal(answer.status, 503);
  assert.deepEqual(Object.keys(answer.json ?? {}), ["status", "reasons"]);
  assert.equal(at(answer.json, "status"), "unavailable");
  assert.ok(listAt(answer.json, "reasons").length > 0);
  for (const reason of listAt(answer.json, "reasons")) assert.match(String(reason), /\S/);
  assert.match((await app.request("/metrics")).body, /^webhook_ready 0$/m);
}

async function assertReady(app: TestApp): Promise<void> {
  const answer = await app.request("/health/ready");
  assert.deepEqual([answer.status, answer.body], [200, READY]);
  assert.match((await app.request("/metrics")).body, /^webhook_ready 1$/m);
}

test("a service that runs and takes messages is live and ready", async (t) => {
  const app = await startTestApp(t);
  const live = await app.request("/health/live");
  assert.deepEqual([live.status, live.body], [200, '{"status":"ok"}']);
  await assertReady(app);
});

test("a database in memory is ready too", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t, { env: { DATABASE_URL: "sqlite:///:memory:" } });
  await assertReady(app);
  assert.equal((await app.deliver(delivery())).status, 200);
  assert.equal(at((await app.request("/stats")).json, "total_messages"), 1);
});

/** What makes the database refuse writes, and what ends it. */
const FAULTS: readonly (readonly [string, string, string])[] = [
  ["another process holds its write lock", "BEGIN IMMEDIATE", "ROLLBACK"],
  ["another process holds it exclusively", "BEGIN EXCLUSIVE", "ROLLBACK"],
  [
    "a write to it is refused",
    "CREATE TRIGGER fault BEFORE UPDATE ON store_state BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    "DROP TRIGGER fault",
  ],
  ["the write it must prove cannot be committed", `
    CREATE TABLE fault_parent (id INTEGER PRIMARY KEY);
    CREATE TABLE fault (parent INTEGER REFERENCES fault_parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fault AFTER UPDATE ON store_state BEGIN INSERT INTO fault VALUES (1); END`, "DROP TRIGGER fault"],
  ["its messages cannot be read", "ALTER TABLE messages RENAME TO gone", "ALTER TABLE gone RENAME TO messages"],
];

test("not ready, but live, while a fault lasts; ready again afterwards:", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t, { busyTimeoutMs: 1 });
  const other = otherConnection(t, app.databasePath);
  for (const [title, fault, repair] of FAULTS) {
    await t.test(title, async () => {
      await assertReady(app);
      other.exec(fault);
      await assertUnready(app);
      assert.equal((await app.request("/health/live")).status, 200);
      other.exec(repair);
      await assertReady(app);
      assert.equal((await app.deliver(delivery({ message_id: title }))).status, 200);
    });
  }
});

test("a service whose disk does not answer says so after two seconds, and how many messages wait for it", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t, { busyTimeoutMs: 60_000 });
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(`${rawPost(JSON.stringify(delivery())).repeat(3)}POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
  // It waits for no delivery, so its line shows that those before it have been read.
  await app.requestLines(1);
  const [ready, metrics] = await Promise.all([app.request("/health/ready"), app.request("/metrics")]);
  assert.equal(ready.status, 503);
  assert.match(metrics.body, /^webhook_queue_depth 3$/m);
  other.exec("ROLLBACK");
  assert.deepEqual((await connection.answers(4)).map(({ status }) => status), [200, 200, 200, 404]);
  await assertReady(app);
});

test("the proof leaves nothing behind", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  for (let round = 0; round < 3; round += 1) await assertReady(app);
  assert.equal(at((await app.request("/messages")).json, "total"), 0);
  const row = otherConnection(t, app.databasePath).prepare("SELECT count(*) AS rows, max(length(probe)) AS payload FROM store_state").get();
  assert.deepEqual({ ...row }, { rows: 1, payload: null });
});

test("from the moment a stop begins: not ready, still live, and every answer closes its connection", async (t) => {
  const app = await startTestApp(t);
  // Of each second request a part has come, so the stop must wait for the rest.
  const begun = ["GET /health/ready", "GET /health/live", "GET /metrics", "GET /stats"];
  const connections = await Promise.all(
    begun.map(async (request) => {
      const connection = await openConnection(t, app.url);
      connection.write(`GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n${request} HTTP/1.1\r\nHost:`);
      await connection.answers(1);
      return connection;
    }),
  );
  const closed = app.app.close();
  for (const connection of connections) connection.write(" x\r\n\r\n");
  const answers = await Promise.all(connections.map((connection) => connection.untilClosed()));
  await closed;
  const [ready, live, metrics, stats] = answers.map(([, second]) => second);
  assert.equal(ready?.status, 503);
  assert.equal(at(JSON.parse(ready?.body ?? ""), "status"), "unavailable");
  assert.deepEqual([live?.status, stats?.status], [200, 200]);
  assert.match(metrics?.body ?? "", /^webhook_ready 0$/m);
  for (const answer of [ready, live, metrics, stats]) assert.equal(answer?.headers.get("connection"), "close");
});
