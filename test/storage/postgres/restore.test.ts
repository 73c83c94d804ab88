import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import type { Connection } from "../../../src/postgres/connection.ts";
import { connectFor } from "../../postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../../support/shared-postgres.ts";
import { message } from "../../support/store.ts";
import { until } from "../../support/until.ts";
import { openReceiver, type Receiver } from "./receiver.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const LIMIT = { limitMs: 30_000 };
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

interface RunningReceiver extends Receiver {
  readonly admin: Connection;
  readonly name: string;
}

/** Starts a receiver that runs until the end of the test. */
async function startReceiver(t: TestContext): Promise<RunningReceiver> {
  const url = await server.createDatabase();
  const receiver = await openReceiver(t, url);
  return { ...receiver, admin: await connectFor(t, url.replace(/[^/]*$/, "postgres")), name: url.replace(/.*\//, "") };
}

async function run({ admin }: RunningReceiver, ...statements: readonly string[]): Promise<void> {
  for (const sql of statements) await admin.run([{ sql }], { deadlineMs: 30_000 });
}

/** Runs statements while nothing may connect to the database of the receiver. */
async function runExclusively(receiver: RunningReceiver, ...statements: readonly string[]): Promise<void> {
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${receiver.name}'`;
  await run(receiver, `ALTER DATABASE ${receiver.name} ALLOW_CONNECTIONS false`, end, ...statements);
}

async function backUp(receiver: RunningReceiver): Promise<string> {
  const backup = `${receiver.name}_backup`;
  await runExclusively(receiver, `CREATE DATABASE ${backup} TEMPLATE ${receiver.name}`, `ALTER DATABASE ${receiver.name} ALLOW_CONNECTIONS true`);
  return backup;
}

async function restore(receiver: RunningReceiver, backup: string): Promise<void> {
  await runExclusively(receiver, `DROP DATABASE ${receiver.name} WITH (FORCE)`, `ALTER DATABASE ${backup} RENAME TO ${receiver.name}`, `ALTER DATABASE ${receiver.name} ALLOW_CONNECTIONS true`);
}

async function lastOf({ store }: RunningReceiver, ...ids: readonly string[]): Promise<number> {
  assert.deepEqual(new Set(await store.insertAll(ids.map((id) => message(id)))), new Set(["created"]));
  return (await store.since(0, 100)).data.at(-1)?.seq ?? assert.fail();
}

for (const writes of [true, false]) {
  test(`after a restore under a receiver that ${writes ? "writes at once" : "only reads"}, a new generation begins after the last message that both have`, { skip }, async (t) => {
    const receiver = await startReceiver(t);
    const common = await lastOf(receiver, "a", "b");
    const { generation } = await receiver.store.history();
    const backup = await backUp(receiver);
    const lost = await lastOf(receiver, "c", "d");
    await restore(receiver, backup);
    if (writes) assert.ok(await lastOf(receiver, "e") > lost, "no seq is reused that a reader may have seen");
    await until("a new generation has begun", async () => (await receiver.store.history().catch(() => undefined))?.generation !== generation, LIMIT);
    assert.deepEqual((await receiver.store.history()).former, new Map([[generation, common]]));
    assert.ok(await lastOf(receiver, "f") > lost);
    assert.match(receiver.faults.join("\n"), /gone back/);
  });
}

test("a lost connection, a removal of the newest message and commits of another receiver do not count as a restore", { skip }, async (t) => {
  const receiver = await startReceiver(t);
  await lastOf(receiver, "a", "b");
  const { generation } = await receiver.store.history();
  assert.equal(await receiver.store.erase({ messageId: "b" }), 1);
  await runExclusively(receiver, `ALTER DATABASE ${receiver.name} ALLOW_CONNECTIONS true`);
  await lastOf(receiver, "c");
  assert.deepEqual([(await receiver.store.history()).generation, receiver.faults.filter((fault) => /gone back/.test(fault))], [generation, []]);
});

test("two batches that lose one connection open only one new connection", { skip }, async (t) => {
  const receiver = await startReceiver(t);
  await lastOf(receiver, "a");
  const mine = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${receiver.name}' AND query LIKE '%INSERT INTO messages %'`;
  await runExclusively(receiver, `ALTER DATABASE ${receiver.name} ALLOW_CONNECTIONS true`);
  const batches = Array.from({ length: 40 }, (_, index) => receiver.store.insertAll(Array.from({ length: 100 }, (_one, row) => message(`m${index}-${row}`))));
  assert.deepEqual(new Set((await Promise.all(batches)).flat()), new Set(["created"]));
  const { results } = await receiver.admin.run([{ sql: mine }], { deadlineMs: 30_000 });
  assert.equal(results[0]?.rows[0]?.[0], "1");
});
