import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp } from "../support/app.ts";
import { openConnection, rawPost } from "../support/connection.ts";
import { otherConnection, storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";

/** Each test has its own ids. */
const shared = sharedApp({ busyTimeoutMs: 1, env: { MAX_BODY_BYTES: "1000" } });

test("checks run in the order size, signature, JSON and fields, storage", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const unsigned = { "X-Signature": "none" };
  assert.equal((await app.deliver("x".repeat(1001), unsigned)).status, 413);
  assert.equal((await app.deliver("not JSON", unsigned)).status, 401);
  assert.equal((await app.deliver("not JSON")).status, 422);
  assert.equal((await app.deliver(delivery({ from: "x" }))).status, 422);
  assert.equal((await app.deliver(delivery({ message_id: "checked" }))).status, 503);
  other.exec("ROLLBACK");
  assert.equal((await app.deliver(delivery({ message_id: "checked" }))).status, 200);
});

test("while another process locks the database a delivery gets 503 with Retry-After and is not stored", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const response = await app.deliver(delivery({ message_id: "locked out" }));
  assert.equal(response.status, 503);
  assert.match(response.headers["retry-after"] ?? "", /^[0-9]+$/);
  assert.equal(typeof at(response.json, "detail"), "string");
  assert.ok(!storedIds(app.databasePath).includes("locked out"));

  other.exec("ROLLBACK");
  assert.equal((await app.deliver(delivery({ message_id: "locked out" }))).body, '{"status":"ok"}');
  assert.ok(storedIds(app.databasePath).includes("locked out"));
  const lines = await app.requestLines(2);
  assert.deepEqual(lines.map((line) => [line["level"], line["result"], line["message_id"]]), [["ERROR", "unavailable", "locked out"], ["INFO", "created", "locked out"]]);
});

test("if a commit fails, every delivery in it gets 503 and none of them is stored", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  const other = otherConnection(t, app.databasePath);
  // A real failure at COMMIT: a deferred foreign key that nothing satisfies.
  other.exec(`
    CREATE TABLE fault_parent (id INTEGER PRIMARY KEY);
    CREATE TABLE fault (parent INTEGER REFERENCES fault_parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fault_at_commit AFTER INSERT ON messages BEGIN INSERT INTO fault VALUES (1); END;`);
  const deliver = (): Promise<readonly number[]> =>
    Promise.all(Array.from({ length: 20 }, async (_, index) => (await app.deliver(delivery({ message_id: `m${index}` }))).status));
  assert.deepEqual(new Set(await deliver()), new Set([503]));
  assert.deepEqual(storedIds(app.databasePath), []);

  other.exec("DROP TRIGGER fault_at_commit");
  assert.deepEqual(new Set(await deliver()), new Set([200]));
  assert.equal(storedIds(app.databasePath).length, 20);
});

test("deliveries beyond those that may wait for a commit get 503, and only the others are stored", { skip: ONLY_SQLITE || SKIP_IN_SHORT_RUN }, async (t) => {
  const app = await startTestApp(t, { busyTimeoutMs: 60_000 });
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const perConnection = 60;
  const connections = await Promise.all(Array.from({ length: 80 }, () => openConnection(t, app.url)));
  for (const [index, { write }] of connections.entries()) {
    write(Array.from({ length: perConnection }, (_, at) => rawPost(JSON.stringify(delivery({ message_id: `m${index}-${at}` })))).join(""));
  }
  // Refused deliveries do not wait for a commit.
  await app.requestLines(1);
  other.exec("ROLLBACK");
  const responses = (await Promise.all(connections.map((connection) => connection.responses(perConnection)))).flat();
  const refused = responses.filter(({ status }) => status === 503);
  assert.ok(refused.length > 0);
  for (const { headers } of refused) assert.match(headers.get("retry-after") ?? "", /^[0-9]+$/);
  assert.equal(responses.filter(({ status }) => status === 200).length, responses.length - refused.length);
  assert.equal(storedIds(app.databasePath).length, responses.length - refused.length);
  const results = Map.groupBy(await app.requestLines(responses.length), (line) => line["result"]);
  assert.deepEqual([results.get("unavailable")?.length, results.get("created")?.length], [refused.length, responses.length - refused.length]);
  assert.match((await app.request("/metrics")).body, new RegExp(`^webhook_requests_total\\{result="unavailable"\\} ${refused.length}$`, "m"));
});

test("if the table is missing every request gets 503, with neither a stack nor a path in the response", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  otherConnection(t, app.databasePath).exec("DROP TABLE messages");
  const responses = [await app.deliver(delivery())];
  for (const path of ["/messages", "/messages?q=abc", "/messages/m1", "/stats", "/health/ready"]) responses.push(await app.request(path));
  for (const response of responses) {
    assert.equal(response.status, 503);
    assert.match(response.headers["retry-after"] ?? "", /^[0-9]+$/);
    assert.ok(!/\.ts|\.js|node:| at /.test(response.body), response.body);
  }
  // The last one, of /health/ready, names the file for the operator.
  for (const response of responses.slice(0, -1)) assert.ok(!response.body.includes(app.databasePath), response.body);
});

test("a repeated delivery gets the same response as the first one and changes nothing", async () => {
  const app = await shared();
  const first = await app.deliver(delivery({ message_id: "repeated", text: "first" }));
  const stored = await app.request("/messages/repeated");
  const repeat = await app.deliver(delivery({ message_id: "repeated", text: "first" }));
  const conflict = await app.deliver(delivery({ message_id: "repeated", text: "second" }));
  for (const response of [first, repeat, conflict]) {
    assert.equal(response.status, 200);
    assert.equal(response.body, '{"status":"ok"}');
  }
  assert.equal(stored.status, 200);
  assert.equal((await app.request("/messages/repeated")).body, stored.body);
});

const repeats: readonly (readonly [string, Record<string, unknown>, boolean])[] = [
  ["nothing", {}, false],
  ["the spelling of the instant", { ts: "2025-01-15T15:30:00.000+05:30" }, false],
  ["a field that is not stored", { extra: 1 }, false],
  ["the text", { text: "hello" }, true],
  ["the text, which is now missing", { text: null }, true],
  ["the sender", { from: "+1" }, true],
  ["the recipient", { to: "+1" }, true],
  ["the instant", { ts: "2025-01-15T10:00:00.000000001Z" }, true],
];

test("log and metrics report a repeat as a conflict if it differs from the stored message in:", async (t) => {
  const app = await shared();
  const counted = async (): Promise<number> => Number(/^webhook_conflicts_total (\d+)$/m.exec((await app.request("/metrics")).body)?.[1]);
  let conflicts = await counted();
  for (const [index, [title, fields, conflict]] of repeats.entries()) {
    await t.test(`${title}: ${conflict ? "a" : "no"} conflict`, async () => {
      await app.deliver(delivery({ message_id: title }));
      await app.deliver(delivery({ message_id: title, ...fields }));
      const [created, repeat] = (await app.requestLines(3 * index + 3)).slice(-2);
      assert.deepEqual([created?.["result"], created?.["dup"], created?.["conflict"]], ["created", false, undefined]);
      assert.deepEqual([repeat?.["result"], repeat?.["dup"], repeat?.["conflict"]], ["duplicate", true, conflict ? true : undefined]);
      if (conflict) conflicts += 1;
      assert.equal(await counted(), conflicts);
    });
  }
});
