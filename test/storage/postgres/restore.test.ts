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

interface Life extends Receiver {
  readonly admin: Connection;
  readonly name: string;
}

/** A receiver that stays up whatever happens to its database. */
async function live(t: TestContext): Promise<Life> {
  const url = await server.createDatabase();
  const receiver = await openReceiver(t, url);
  return { ...receiver, admin: await connectFor(t, url.replace(/[^/]*$/, "postgres")), name: url.replace(/.*\//, "") };
}

async function run({ admin }: Life, ...statements: readonly string[]): Promise<void> {
  for (const sql of statements) await admin.run([{ sql }], { deadlineMs: 30_000 });
}

/** Does what needs a database that nobody uses. */
async function alone(life: Life, ...statements: readonly string[]): Promise<void> {
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${life.name}'`;
  await run(life, `ALTER DATABASE ${life.name} ALLOW_CONNECTIONS false`, end, ...statements);
}

async function backUp(life: Life): Promise<string> {
  const backup = `${life.name}_backup`;
  await alone(life, `CREATE DATABASE ${backup} TEMPLATE ${life.name}`, `ALTER DATABASE ${life.name} ALLOW_CONNECTIONS true`);
  return backup;
}

async function restore(life: Life, backup: string): Promise<void> {
  await alone(life, `DROP DATABASE ${life.name} WITH (FORCE)`, `ALTER DATABASE ${backup} RENAME TO ${life.name}`, `ALTER DATABASE ${life.name} ALLOW_CONNECTIONS true`);
}

async function lastOf({ store }: Life, ...ids: readonly string[]): Promise<number> {
  assert.deepEqual(new Set(await store.insertAll(ids.map((id) => message(id)))), new Set(["created"]));
  return (await store.since(0, 100)).data.at(-1)?.seq ?? assert.fail();
}

for (const writes of [true, false]) {
  test(`a restore under a receiver that ${writes ? "writes at once" : "only looks"}: a new generation begins after the last message that both have`, { skip }, async (t) => {
    const life = await live(t);
    const common = await lastOf(life, "a", "b");
    const { generation } = await life.store.history();
    const backup = await backUp(life);
    const lost = await lastOf(life, "c", "d");
    await restore(life, backup);
    if (writes) assert.ok(await lastOf(life, "e") > lost, "no number comes again that a reader may have seen");
    await until("a new generation has begun", async () => (await life.store.history().catch(() => undefined))?.generation !== generation, LIMIT);
    assert.deepEqual((await life.store.history()).former, new Map([[generation, common]]));
    assert.ok(await lastOf(life, "f") > lost);
    assert.match(life.faults.join("\n"), /gone back/);
  });
}

test("a lost connection, a removal of the newest message and another receiver's commits are no restore", { skip }, async (t) => {
  const life = await live(t);
  await lastOf(life, "a", "b");
  const { generation } = await life.store.history();
  assert.equal(await life.store.erase({ messageId: "b" }), 1);
  await alone(life, `ALTER DATABASE ${life.name} ALLOW_CONNECTIONS true`);
  await lastOf(life, "c");
  assert.deepEqual([(await life.store.history()).generation, life.faults.filter((fault) => /gone back/.test(fault))], [generation, []]);
});

test("two batches that lose one connection open one new one", { skip }, async (t) => {
  const life = await live(t);
  await lastOf(life, "a");
  const mine = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${life.name}' AND query LIKE '%INSERT INTO messages %'`;
  await alone(life, `ALTER DATABASE ${life.name} ALLOW_CONNECTIONS true`);
  const batches = Array.from({ length: 40 }, (_, index) => life.store.insertAll(Array.from({ length: 100 }, (_one, row) => message(`m${index}-${row}`))));
  assert.deepEqual(new Set((await Promise.all(batches)).flat()), new Set(["created"]));
  const { results } = await life.admin.run([{ sql: mine }], { deadlineMs: 30_000 });
  assert.equal(results[0]?.rows[0]?.[0], "1");
});
