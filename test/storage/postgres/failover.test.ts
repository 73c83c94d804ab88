import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openEngine, type Engine } from "../../../src/storage/postgres/engine.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { promote, SKIP_WITHOUT_POSTGRES, signalServer, startPostgres, startStandby, type PostgresServer } from "../../support/postgres.ts";
import { message } from "../../support/store.ts";
import { until } from "../../support/until.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const AT = "2025-06-01T00:00:00.000Z";
const SOON = { deadlineMs: 20_000 };

interface Pair {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  /** A URL that names both hosts. */
  readonly url: string;
}

async function startPair(t: TestContext): Promise<Pair> {
  const primary = await startPostgres();
  atEnd(t, () => primary.stop());
  const url = await primary.createDatabase();
  const standby = await startStandby(primary);
  atEnd(t, () => standby.stop());
  return { primary, standby, url: url.replace(/(127\.0\.0\.1:\d+)/, `127.0.0.1:${standby.port},$1`) };
}

async function open(t: TestContext, url: string): Promise<Engine> {
  const engine = await openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true });
  atEnd(t, () => engine.close());
  return engine;
}

/** All ids, in the order of commits. */
async function tail(engine: Engine): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let seq = 0; ; ) {
    const { data } = await engine.since(seq, 1_000);
    const last = data.at(-1);
    if (last === undefined) return ids;
    ids.push(...data.map((row) => row.message_id));
    seq = last.seq;
  }
}

test("if the primary dies under load, the standby has every confirmed message once, and messages in doubt are resolved there", { skip }, async (t) => {
  const pair = await startPair(t);
  const engines = [await open(t, pair.url), await open(t, pair.url)];
  let isOver = false;
  const confirmed: string[] = [];
  const writers = engines.map(async (engine, writer) => {
    for (let batch = 0; !isOver; batch += 1) {
      const messages = Array.from({ length: 20 }, (_, index) => message(`${writer}-${batch}-${index}`));
      // A batch that was stored before the primary died is sent again, and recognized.
      assert.deepEqual(new Set(await engine.write(messages, AT)), new Set(["created"]));
      confirmed.push(...messages.map(({ messageId }) => messageId));
    }
  });
  await until("the load has started", () => confirmed.length >= 400);
  const lastBefore = await engines[0]?.lastSequence();
  pair.primary.kill();
  await promote(pair.standby);
  const before = confirmed.length;
  await until("the load continues", () => confirmed.length >= before + 400);
  isOver = true;
  await Promise.all(writers);
  for (const engine of engines) {
    const stored = await tail(engine);
    assert.deepEqual(stored.toSorted(), confirmed.toSorted());
    assert.equal(await engine.count(), stored.length);
    assert.ok(await engine.lastSequence() > (lastBefore ?? 0) + 1_000_000, "seq continues beyond every seq that a tail may have seen");
  }
});

test("the store moves from a demoted primary to the promoted one", { skip }, async (t) => {
  const pair = await startPair(t);
  const engine = await open(t, pair.url);
  assert.deepEqual(await engine.write([message("a")], AT), ["created"]);
  await promote(pair.standby);
  // Like a standby of the new one: it responds, and refuses writes.
  const admin = await connectFor(t, pair.primary.url("postgres"));
  await admin.run([{ sql: "ALTER SYSTEM SET default_transaction_read_only = on" }], SOON);
  await admin.run([{ sql: "SELECT pg_reload_conf()" }], SOON);
  assert.deepEqual(await engine.write([message("a"), message("b")], "2025-06-01T00:00:01.000Z"), ["duplicate", "created"]);
  assert.deepEqual(await tail(engine), ["a", "b"]);
});

test("the store moves from a primary that no longer responds to the promoted one, and is ready again", { skip }, async (t) => {
  const pair = await startPair(t);
  const engine = await open(t, `${pair.url}?connect_timeout=1`);
  assert.deepEqual(await engine.check(), []);
  const data = join(pair.primary.folder, "data");
  signalServer(data, "SIGSTOP");
  atEnd(t, () => signalServer(data, "SIGCONT"));
  assert.match((await engine.check()).join(), /did not respond/);
  await promote(pair.standby);
  await until("the store is ready", async () => (await engine.check()).length === 0, { limitMs: 20_000 });
});
