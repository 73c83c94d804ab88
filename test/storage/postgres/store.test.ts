import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import type { MessageStore } from "../../../src/core/store.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../../support/shared-postgres.ts";
import { message } from "../../support/store.ts";
import { SKIP_IN_SHORT_RUN } from "../../support/sweep.ts";
import { until } from "../../support/until.ts";
import { openReceiver } from "./receiver.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const SOON = { deadlineMs: 5_000 };
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

async function open(t: TestContext, url: string): Promise<MessageStore> {
  return (await openReceiver(t, url)).store;
}

test("receivers notice what another one commits, erases and counts", { skip }, async (t) => {
  const url = await server.createDatabase();
  const [one, other] = [await open(t, url), await open(t, url)];
  const notified = Promise.withResolvers<void>();
  other.onCommitted(notified.resolve);
  await one.insertAll([message("a"), message("b")]);
  await notified.promise;
  assert.deepEqual((await other.since(0, 9)).data.map((row) => row.message_id), ["a", "b"]);
  await until("the other has counted them", () => other.count() === 2);
  assert.equal(await one.erase({ messageId: "a" }), 1);
  await until("the other has counted one less", () => other.count() === 1);
});

test("a delivery that the server refuses is not stored in part, and other deliveries of the batch are stored", { skip }, async (t) => {
  const url = await server.createDatabase();
  const store = await open(t, url);
  const admin = await connectFor(t, url);
  await admin.run([{ sql: "ALTER TABLE messages ADD CHECK (message_id <> 'bad')" }], SOON);
  const outcomes = await Promise.all([
    store.insertAll([message("a")]),
    store.insertAll([message("b"), message("bad"), message("c")]),
    store.insertAll([message("d"), message("e")]),
  ]);
  assert.deepEqual(outcomes, [["created"], ["unavailable", "unavailable", "unavailable"], ["created", "created"]]);
  assert.equal((await store.list({ limit: 9, offset: 0 })).total, 3);
});

test("rows are counted soon, and the pending list of the search index is emptied", { skip }, async (t) => {
  const url = await server.createDatabase();
  const store = await open(t, url);
  await store.insertAll(Array.from({ length: 500 }, (_, index) => message(`m${index}`, { text: `text ${index}` })));
  const admin = await connectFor(t, url);
  await admin.run([{ sql: "CREATE EXTENSION pgstattuple" }], SOON);
  const derived = "SELECT count_mark FROM inbox_state WHERE count_mark = (SELECT max(seq) FROM messages)";
  await until("all are counted", async () => (await admin.run([{ sql: derived }], SOON)).results[0]?.rows.length === 1);
  const left = "SELECT pending_tuples FROM pgstatginindex('messages_search')";
  await until("nothing is pending", async () => (await admin.run([{ sql: left }], SOON)).results[0]?.rows[0]?.[0] === "0");
});

test("a payload is returned byte for byte, with its message and alone", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const store = await open(t, await server.createDatabase());
  const payload = '{"a":"\u0000\u0001 \\u0000"}';
  await store.insertAll([{ ...message("a", { from: "\u0000user" }), payload }, message("b")]);
  assert.deepEqual([await store.payload("a"), await store.payload("b"), await store.payload("c")], [payload, undefined, undefined]);
  assert.deepEqual((await store.since(0, 9, { payload: true })).data.map((row) => row.payload), [payload, null]);
  assert.deepEqual((await store.exportPage({ upTo: 9, payload: true })).data.map((row) => row.payload), [payload, null]);
  assert.equal((await store.list({ limit: 9, offset: 0, from: "\u0000user" })).data[0]?.from, "\u0000user");
});

test("a check proves a write: a read-only server is not ready", { skip }, async (t) => {
  const url = await server.createDatabase();
  const store = await open(t, url);
  assert.deepEqual(await store.check(), []);
  const admin = await connectFor(t, url);
  await admin.run([{ sql: "ALTER DATABASE " + urlOf(url).database + " SET default_transaction_read_only = on" }], SOON);
  await admin.run([{ sql: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()" }], SOON);
  await until("the store is not ready", async () => (await store.check()).length === 1);
});

test("the size of the database is the one that the server reports", { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
  const store = await open(t, await server.createDatabase());
  const { databaseBytes, walBytes, diskFreeBytes } = await store.sizes();
  assert.ok(databaseBytes !== undefined && databaseBytes > 1_000_000);
  assert.deepEqual([walBytes, diskFreeBytes], [undefined, undefined]);
});
