import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import type { Connection } from "../../../src/postgres/connection.ts";
import { openEngine, type Engine } from "../../../src/storage/postgres/engine.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES, startPostgres, type PostgresServer } from "../../support/postgres.ts";
import { message } from "../../support/store.ts";
import { sweep } from "../../support/sweep.ts";
import { until } from "../../support/until.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const AT = "2025-06-01T00:00:00.000Z";
const SOON = { deadlineMs: 10_000 };
let server: PostgresServer;

before(async () => {
  if (skip === false) server = await startPostgres();
});

after(() => server?.stop());

interface Opened {
  readonly engine: Engine;
  readonly admin: Connection;
  readonly refusals: string[];
  readonly url: string;
  sql(text: string): Promise<string | null | undefined>;
}

async function open(t: TestContext, budgetMs?: number): Promise<Opened> {
  const url = await server.createDatabase();
  const refusals: string[] = [];
  const engine = await openEngine(urlOf(url), { fault: (reason) => refusals.push(reason), remark: () => {}, mayLose: true, budgetMs });
  atEnd(t, () => engine.close());
  const admin = await connectFor(t, url);
  return { engine, admin, refusals, url, sql: async (text) => (await admin.run([{ sql: text }], SOON)).results[0]?.rows[0]?.[0] };
}

/** Waits until a query returns a value, and returns it. */
async function untilFound(label: string, query: () => Promise<string | null | undefined>): Promise<string> {
  let found: string | null | undefined;
  await until(label, async () => typeof (found = await query()) === "string");
  return found ?? "";
}

const WAITING = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND";

/** Makes inserts of messages whose ids begin with `fault` fail with this SQLSTATE, up to `times` times. */
async function fail(admin: Connection, code: string, times: number): Promise<void> {
  await admin.run([
    { sql: "CREATE SEQUENCE IF NOT EXISTS faults" },
    { sql: "ALTER SEQUENCE faults RESTART" },
    {
      sql: `CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.message_id LIKE 'fault%' AND nextval('faults') <= ${times} THEN RAISE EXCEPTION 'injected fault' USING ERRCODE = '${code}'; END IF;
        RETURN NEW; END $$`,
    },
    { sql: "CREATE OR REPLACE TRIGGER fault BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION fault()" },
  ], SOON);
}

test("after a transient fault or an outcome in doubt a batch is sent again, and stored once", { skip }, async (t) => {
  const { engine, admin } = await open(t);
  const codes = ["25006", "40001", "55P03", "57014", "53100", "0A000", "40003", "XX000"];
  for (const [index, code] of codes.entries()) {
    await fail(admin, code, 1);
    assert.deepEqual(await engine.write([message(code), message(`fault-${code}`)], AT), ["created", "created"], code);
    assert.equal(await engine.count(), 2 * (index + 1), code);
  }
});

test("if the server refuses one message of a batch, the others are stored", { skip }, async (t) => {
  const { engine, admin, refusals } = await open(t);
  await fail(admin, "23514", 1000);
  assert.deepEqual(await engine.write([message("a"), message("fault"), message("b")], AT), ["created", "unavailable", "created"]);
  assert.equal(refusals.length, 1);
});

test("once the time budget is used up, a batch that is not stored is unavailable, and one that may be stored is in doubt", { skip }, async (t) => {
  for (const [code, name] of sweep(t, [["53100", "StoreUnavailable"], ["42P01", "StoreUnavailable"], ["XX000", "InDoubt"]] as const, { every: 3 })) {
    const { engine, admin } = await open(t, 500);
    await fail(admin, code, 1000);
    await assert.rejects(engine.write([message("fault")], AT), { name });
    assert.equal(await engine.count(), 0);
  }
});

test("a batch of repeats also takes the batch lock, so that it waits for the standby too", { skip }, async (t) => {
  const { engine, sql, url } = await open(t);
  await engine.write([message("a")], AT);
  const holder = await connectFor(t, url);
  await holder.run([{ sql: "BEGIN" }, { sql: "SELECT id FROM inbox_lock WHERE id = 1 FOR UPDATE" }], SOON);
  const written = engine.write([message("a")], AT);
  await untilFound("the batch waits for the lock", () => sql(`${WAITING} wait_event_type = 'Lock'`));
  await holder.run([{ sql: "COMMIT" }], SOON);
  assert.deepEqual(await written, ["duplicate"]);
});

test("a batch that is refused at the commit, after every statement succeeded, is not stored", { skip }, async (t) => {
  const { engine, admin } = await open(t);
  await fail(admin, "23514", 1);
  await admin.run([
    { sql: "DROP TRIGGER fault ON messages" },
    { sql: "CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault()" },
  ], SOON);
  await assert.rejects(engine.write([message("fault")], AT), { name: "StoreUnavailable" });
  assert.equal(await engine.count(), 0);
});

test("a batch whose connection is lost is sent again until its outcome is known, and seq skips ahead", { skip }, async (t) => {
  const { engine, sql, url } = await open(t);
  // Within a transaction pg_stat_activity does not change, so another connection holds the lock.
  const holder = await connectFor(t, url);
  await holder.run([{ sql: "BEGIN" }, { sql: "SELECT id FROM inbox_lock FOR UPDATE" }], SOON);
  const written = engine.write([message("a")], AT);
  const pid = await untilFound("the batch waits for the lock", () => sql(`${WAITING} wait_event_type = 'Lock'`));
  await sql(`SELECT pg_terminate_backend(${pid})`);
  await holder.run([{ sql: "COMMIT" }], SOON);
  assert.deepEqual(await written, ["created"]);
  assert.ok(await engine.lastSequence() > 1_000_000);
});

test("a cancelled wait for a standby is not a success: the batch is sent again, and its own rows are recognized", { skip }, async (t) => {
  const { engine, sql, url } = await open(t);
  const prober = await connectFor(t, url);
  await engine.write([message("before")], AT);
  await sql("SET synchronous_commit = local");
  await sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await sql("SELECT pg_reload_conf()");
  const WAITS = `${WAITING} wait_event = 'SyncRep'`;
  // The setting takes effect once the checkpointer has seen it; from then on a commit waits.
  for (let isInForce = false; !isInForce; ) {
    const committed = prober.run([{ sql: "SELECT pg_logical_emit_message(true, 'test', '')" }], SOON).then(() => undefined);
    const pid = await Promise.race([committed, untilFound("a commit waits, or does not", () => sql(WAITS))]);
    isInForce = pid !== undefined;
    if (isInForce) await sql(`SELECT pg_cancel_backend(${pid})`);
    await committed;
  }
  const written = engine.write([message("before", { text: "other" }), message("a")], "2025-06-01T00:00:01.000Z");
  const pid = await untilFound("the batch waits for the standby", () => sql(WAITS));
  assert.equal(await engine.count(), 1);
  await sql(`SELECT pg_cancel_backend(${pid})`);
  await untilFound("the row is committed, but only on this machine", async () => ((await engine.count()) === 2 ? "2" : undefined));
  await untilFound("the batch waits again", () => sql(WAITS));
  await sql("ALTER SYSTEM RESET synchronous_standby_names");
  await sql("SELECT pg_reload_conf()");
  assert.deepEqual(await written, ["conflict", "created"]);
  assert.equal(await engine.count(), 2);
});
