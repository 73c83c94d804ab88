import assert from "node:assert/strict";
import { test } from "node:test";
import { openPostgres } from "../../../src/storage/postgres/open.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES, startPostgres } from "../../support/postgres.ts";
import { message } from "../../support/store.ts";
import { until } from "../../support/until.ts";
import { createRecordingObserver } from "../contract/recording-observer.ts";

const SOON = { deadlineMs: 5_000 };
/** The maximum for one receiver: see `ops/README.md`. */
const MAX_CONNECTIONS = 12;

test("while the synchronous standby is missing, the store is not ready, opens no more connections, and loses nothing", { skip: SKIP_WITHOUT_POSTGRES }, async (t) => {
  const server = await startPostgres();
  atEnd(t, () => server.stop());
  const url = await server.createDatabase();
  const nothing = (): void => {};
  const store = await openPostgres(urlOf(url), {
    clock: { nowMs: Date.now }, observer: createRecordingObserver(), onFatal: nothing, remark: nothing, fault: nothing, mayLose: true,
  });
  atEnd(t, () => store.close());
  assert.deepEqual(await store.check(), []);

  const admin = await connectFor(t, `${url}?application_name=admin`);
  const query = async (sql: string): Promise<string | null | undefined> => (await admin.run([{ sql }], SOON)).results[0]?.rows[0]?.[0];
  await query("SET synchronous_commit = local");
  await query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await query("SELECT pg_reload_conf()");
  await until("the store is not ready", async () => (await store.check()).some((reason) => reason.includes("did not respond")), { limitMs: 20_000 });
  const stored = store.insert(message("a"));
  const waiting = async (kind: "Lock" | "IPC"): Promise<number> =>
    Number(await query(`SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%inbox_lock WHERE id = 2%' AND wait_event_type = '${kind}'`));
  // The first probe waits for the standby even after its connection is closed; later ones wait for its lock, and leave nothing behind.
  for (let next = 0; next < 2; next += 1) {
    await until("a probe waits for the lock", async () => (await store.check()).length === 1 && await waiting("Lock") === 1, { limitMs: 20_000 });
    await until("the probe has ended", async () => await waiting("Lock") === 0);
    assert.equal(await waiting("IPC"), 1);
  }
  const connections = Number(await query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'webhook-inbox'"));
  assert.ok(connections <= MAX_CONNECTIONS, `${connections} connections`);

  await query("ALTER SYSTEM RESET synchronous_standby_names");
  await query("SELECT pg_reload_conf()");
  assert.equal(await stored, "created");
  await until("the store is ready again", async () => (await store.check()).length === 0);
});
