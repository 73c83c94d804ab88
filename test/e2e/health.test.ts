import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { openConnection, rawPost } from "../support/connection.ts";
import { otherConnection, storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";

const shared = sharedApp();
const READY = '{"status":"ok"}';

async function assertUnready(app: TestApp): Promise<void> {
  const response = await app.request("/health/ready");
  assert.equal(response.status, 503);
  assert.deepEqual(Object.keys(response.json ?? {}), ["status", "reasons"]);
  assert.equal(at(response.json, "status"), "unavailable");
  assert.ok(listAt(response.json, "reasons").length > 0);
  for (const reason of listAt(response.json, "reasons")) assert.match(String(reason), /\S/);
  assert.match((await app.request("/metrics")).body, /^webhook_ready 0$/m);
}

async function assertReady(app: TestApp): Promise<void> {
  const response = await app.request("/health/ready");
  assert.deepEqual([response.status, response.body], [200, READY]);
  assert.match((await app.request("/metrics")).body, /^webhook_ready 1$/m);
}

test("a service that can store messages is live and ready", async () => {
  const app = await shared();
  const live = await app.request("/health/live");
  assert.deepEqual([live.status, live.body], [200, '{"status":"ok"}']);
  await assertReady(app);
});

test("a database in memory is ready too", { skip: ONLY_SQLITE || SKIP_IN_SHORT_RUN }, async (t) => {
  const app = await startTestApp(t, { env: { DATABASE_URL: "sqlite:///:memory:" } });
  await assertReady(app);
  assert.equal((await app.deliver(delivery())).status, 200);
  assert.equal(at((await app.request("/stats")).json, "total_messages"), 1);
});

/** SQL that makes the database fail, and SQL that repairs it. */
const FAULTS: readonly (readonly [string, string, string])[] = [
  ["another process holds its write lock", "BEGIN IMMEDIATE", "ROLLBACK"],
  ["another process holds an exclusive lock", "BEGIN EXCLUSIVE", "ROLLBACK"],
  [
    "its writes are refused",
    "CREATE TRIGGER fault BEFORE UPDATE ON store_state BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    "DROP TRIGGER fault",
  ],
  ["the write of the readiness check cannot be committed", `
    CREATE TABLE fault_parent (id INTEGER PRIMARY KEY);
    CREATE TABLE fault (parent INTEGER REFERENCES fault_parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fault AFTER UPDATE ON store_state BEGIN INSERT INTO fault VALUES (1); END`, "DROP TRIGGER fault"],
  ["another program's trigger ignores what is inserted",
    "CREATE TRIGGER fault BEFORE INSERT ON messages BEGIN SELECT RAISE(IGNORE); END", "DROP TRIGGER fault"],
  ["its state has no row", "CREATE TABLE kept AS SELECT * FROM store_state; DELETE FROM store_state",
    "INSERT INTO store_state SELECT * FROM kept; DROP TABLE kept"],
  ["its messages cannot be read", "ALTER TABLE messages RENAME TO gone", "ALTER TABLE gone RENAME TO messages"],
];

test("the service is live but not ready while a fault lasts, and ready again afterwards:", { skip: ONLY_SQLITE }, async (t) => {
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

test("if the disk does not respond, readiness fails after two seconds and the metrics show how many messages wait", { skip: ONLY_SQLITE || SKIP_IN_SHORT_RUN }, async (t) => {
  const app = await startTestApp(t, { busyTimeoutMs: 60_000 });
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(`${rawPost(JSON.stringify(delivery())).repeat(3)}POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
  // The 404 does not wait for a commit, so its log line shows that the deliveries before it have been read.
  await app.requestLines(1);
  const [ready, metrics] = await Promise.all([app.request("/health/ready"), app.request("/metrics")]);
  assert.equal(ready.status, 503);
  assert.match(metrics.body, /^webhook_queue_depth 3$/m);
  other.exec("ROLLBACK");
  assert.deepEqual((await connection.responses(4)).map(({ status }) => status), [200, 200, 200, 404]);
  await assertReady(app);
});

test("a readiness check leaves nothing in the database", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const before = storedIds(app.databasePath);
  for (let round = 0; round < 3; round += 1) await assertReady(app);
  assert.deepEqual(storedIds(app.databasePath), before);
  const row = otherConnection(t, app.databasePath).prepare("SELECT count(*) AS rows, max(length(probe)) AS payload FROM store_state").get();
  assert.deepEqual({ ...row }, { rows: 1, payload: null });
});

test("once a stop begins the service is live but not ready, and every response closes its connection", async (t) => {
  const app = await startTestApp(t);
  // Each connection has sent only part of its second request, so the stop must wait for the rest.
  const secondRequests = ["GET /health/ready", "GET /health/live", "GET /metrics", "GET /stats"];
  const connections = await Promise.all(
    secondRequests.map(async (request) => {
      const connection = await openConnection(t, app.url);
      connection.write(`GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n${request} HTTP/1.1\r\nHost:`);
      await connection.responses(1);
      return connection;
    }),
  );
  const closed = app.app.close();
  for (const connection of connections) connection.write(" x\r\n\r\n");
  const responses = await Promise.all(connections.map((connection) => connection.untilClosed()));
  await closed;
  const [ready, live, metrics, stats] = responses.map(([, second]) => second);
  assert.equal(ready?.status, 503);
  assert.equal(at(JSON.parse(ready?.body ?? ""), "status"), "unavailable");
  assert.deepEqual([live?.status, stats?.status], [200, 200]);
  assert.match(metrics?.body ?? "", /^webhook_ready 0$/m);
  for (const response of [ready, live, metrics, stats]) assert.equal(response?.headers.get("connection"), "close");
});
