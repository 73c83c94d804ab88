import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, test, type TestContext } from "node:test";
import type { Connection } from "../../src/postgres/connection.ts";
import { NoServer } from "../../src/postgres/errors.ts";
import { createPool, PoolBusy, type Pool, type PoolOptions } from "../../src/postgres/pool.ts";
import { atEnd } from "../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../support/shared-postgres.ts";
import { until } from "../support/until.ts";
import { AUTHENTICATION_OK, frame, READY, scriptedServer, urlOf } from "./server.ts";

const SOON = { deadlineMs: 20_000 };
const skip = SKIP_WITHOUT_POSTGRES;
let server: SharedPostgres;
let database: string;

before(async () => {
  if (skip !== false) return;
  server = await usePostgres();
  database = await server.createDatabase();
});

after(() => server?.stop());

function poolFor(t: TestContext, options: Partial<PoolOptions> = {}): Pool {
  const pool = createPool(urlOf(database), { size: 2, maxWaiting: 2, waitMs: 20_000, ...options });
  atEnd(t, () => pool.close());
  return pool;
}

async function pidOf(connection: Connection): Promise<string | null | undefined> {
  return (await connection.run([{ sql: "SELECT pg_backend_pid()" }], SOON)).results[0]?.rows[0]?.[0];
}

/** Takes a connection and holds it until `release` is called. */
async function hold(pool: Pool): Promise<{ pid: string | null | undefined; release: () => void; done: Promise<void> }> {
  const held = Promise.withResolvers<string | null | undefined>();
  const end = Promise.withResolvers<void>();
  const done = pool.use(async (connection) => {
    held.resolve(await pidOf(connection));
    await end.promise;
  });
  return { pid: await held.promise, release: end.resolve, done };
}

test("the pool opens connections up to its size, and reuses them", { skip }, async (t) => {
  const pool = poolFor(t);
  const [first, second] = await Promise.all([hold(pool), hold(pool)]);
  assert.notEqual(first.pid, second.pid);
  const third = pool.use(pidOf);
  first.release();
  assert.equal(await third, first.pid);
  second.release();
  await Promise.all([first.done, second.done]);
  assert.ok([first.pid, second.pid].includes(await pool.use(pidOf)));
});

test("waiting callers are served in order; too many are refused at once, and each is refused after its timeout", { skip }, async (t) => {
  const pool = poolFor(t, { size: 1, waitMs: 100 });
  const holder = await hold(pool);
  const waiting = [pool.use(pidOf), pool.use(pidOf)].map((use) => assert.rejects(use, PoolBusy));
  await assert.rejects(pool.use(pidOf), PoolBusy);
  await Promise.all(waiting);
  const order: string[] = [];
  const uses = ["a", "b"].map((name) => pool.use(async () => void order.push(name)));
  holder.release();
  await Promise.all([holder.done, ...uses]);
  assert.deepEqual(order, ["a", "b"]);
});

test("a connection with an open transaction, that has ended, or whose server is read-only is not reused", { skip }, async (t) => {
  const pool = poolFor(t, { size: 1 });
  const works: readonly ((connection: Connection) => Promise<unknown>)[] = [
    (connection) => connection.run([{ sql: "BEGIN" }], SOON),
    (connection) => connection.run([{ sql: "SELECT pg_terminate_backend(pg_backend_pid())" }], SOON),
    (connection) => connection.run([{ sql: "BEGIN READ ONLY" }, { sql: "CREATE TABLE t ()" }], SOON),
    (connection) => connection.run([{ sql: "SET LOCAL transaction_read_only = on" }, { sql: "CREATE TABLE t ()" }], SOON),
    (connection) => connection.run([{ sql: "SELECT pg_sleep(60)" }], { deadlineMs: 50 }),
  ];
  for (const work of works) {
    const before = await pool.use(pidOf);
    await pool.use(work).catch(() => {});
    assert.notEqual(await pool.use(pidOf), before);
  }
});

test("after an error of a statement or of the caller the connection is reused", { skip }, async (t) => {
  const pool = poolFor(t, { size: 1 });
  const before = await pool.use(pidOf);
  await assert.rejects(pool.run([{ sql: "SELECT 1/0" }], SOON), { code: "22012" });
  await assert.rejects(pool.use(() => Promise.reject(new Error("mine"))), { message: "mine" });
  assert.equal(await pool.use(pidOf), before);
});

test("an idle connection that the server has closed is replaced", { skip }, async (t) => {
  const pool = poolFor(t);
  const [idle, other] = await Promise.all([hold(pool), hold(pool)]);
  const ended = pool.use(async (connection) => (await connection.closed).message);
  idle.release();
  await idle.done;
  // The connection that is idle now is terminated by another one.
  const admin = createPool(urlOf(database), { size: 1, maxWaiting: 1, waitMs: 1000 });
  await admin.run([{ sql: "SELECT pg_terminate_backend($1::int)", values: [idle.pid ?? null] }], SOON);
  await admin.close();
  await ended;
  assert.notEqual(await pool.use(pidOf), idle.pid);
  other.release();
  await other.done;
});

test("if the server is unreachable, the caller is refused and its place is free for the next one", { skip }, async (t) => {
  const pool = createPool(urlOf("postgres://u@127.0.0.1:1/db"), { size: 1, maxWaiting: 5, waitMs: 20_000 });
  atEnd(t, () => pool.close());
  const uses = Array.from({ length: 4 }, () => assert.rejects(pool.use(pidOf), NoServer));
  await Promise.all(uses);
});

test("close refuses waiting callers and waits for the others", { skip }, async (t) => {
  const pool = poolFor(t, { size: 1 });
  const holder = await hold(pool);
  const waiting = assert.rejects(pool.use(pidOf), PoolBusy);
  const closed = pool.close();
  await waiting;
  await assert.rejects(pool.use(pidOf), PoolBusy);
  holder.release();
  await Promise.all([holder.done, closed]);
});

/** What a server does before it hangs. */
const HANGS: readonly (readonly [title: string, first: Buffer])[] = [
  ["answers nothing at all", Buffer.alloc(0)],
  ["does not say what it is", Buffer.concat([AUTHENTICATION_OK, frame("S", "server_encoding\0UTF8\0"), READY])],
];

for (const [title, first] of HANGS) {
  test(`a caller that leaves while its connection is opened does not wait for a server that ${title}`, async (t) => {
    const reached = Promise.withResolvers<void>();
    const url = await scriptedServer(t, async (socket, received) => {
      await received();
      socket.write(first);
      if (first.length > 0) await received();
      reached.resolve();
    });
    const leaving = new AbortController();
    const pool = createPool(urlOf(`${url}?sslmode=disable&target_session_attrs=read-write&connect_timeout=60`), {
      size: 1, maxWaiting: 1, waitMs: 20_000, signal: leaving.signal,
    });
    const use = assert.rejects(pool.use(pidOf), { message: "left" });
    await reached.promise;
    leaving.abort(new Error("left"));
    await settlesSoon("the caller", use);
    await settlesSoon("the pool", pool.close());
  });
}

test("close does not wait for a server that does not close an idle connection", async (t) => {
  const url = await scriptedServer(t, async (socket, received) => {
    await received();
    socket.write(Buffer.concat([AUTHENTICATION_OK, frame("S", "server_encoding\0UTF8\0"), READY]));
    socket.pause();
  });
  const pool = createPool(urlOf(`${url}?sslmode=disable`), { size: 1, maxWaiting: 1, waitMs: 20_000 });
  await pool.use(() => Promise.resolve());
  await settlesSoon("the pool", pool.close());
});

async function settlesSoon(label: string, work: Promise<void>): Promise<void> {
  let settled = false;
  void work.then(() => {
    settled = true;
  });
  await until(`${label} has settled`, () => settled);
}
