import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import type { MessageStore } from "../../../src/core/store.ts";
import { connectFor } from "../../postgres/server.ts";
import { delivery, send } from "../../support/app.ts";
import { atEnd } from "../../support/cleanup.ts";
import { openConnection, rawPost } from "../../support/connection.ts";
import { signalServer, SKIP_WITHOUT_POSTGRES, startPostgres, type PostgresServer } from "../../support/postgres.ts";
import { startService } from "../../support/process.ts";
import { message } from "../../support/store.ts";
import { SKIP_IN_SHORT_RUN } from "../../support/sweep.ts";
import { until } from "../../support/until.ts";
import { openReceiver } from "./receiver.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const SOON = { deadlineMs: 5_000 };
let server: PostgresServer;

before(async () => {
  if (skip === false) server = await startPostgres({ settings: { fsync: "on" } });
});

after(() => server?.stop());

/** From now on the server answers nothing, although its connections stay open. */
function hang(t: TestContext): void {
  const data = join(server.folder, "data");
  signalServer(data, "SIGSTOP");
  atEnd(t, () => signalServer(data, "SIGCONT"));
}

async function closesSoon(store: MessageStore): Promise<void> {
  let closed = false;
  const closing = store.close().then(() => {
    closed = true;
  });
  await until("the store is closed", () => closed);
  await closing;
}

test("a stop does not wait for a server that hangs, and reports no failure of the work that it ends", { skip }, async (t) => {
  const { store, faults } = await openReceiver(t, await server.createDatabase());
  await store.insertAll([message("a")]);
  hang(t);
  const inserting = store.insert(message("b"));
  const erasing = assert.rejects(store.erase({ messageId: "a" }));
  const reading = assert.rejects(store.sizes());
  await until("a check waits", async () => (await Promise.race([store.check(), "waits"])) === "waits");
  await closesSoon(store);
  assert.equal(await inserting, "in_doubt");
  await Promise.all([erasing, reading]);
  assert.deepEqual(faults, []);
});

test("an opening that fails leaves no connection behind", { skip }, async (t) => {
  const url = await server.createDatabase();
  const { store } = await openReceiver(t, url);
  await store.close();
  const admin = await connectFor(t, url);
  await admin.run([{ sql: "ALTER TABLE time_counts RENAME TO no_counts" }], SOON);
  await assert.rejects(openReceiver(t, url));
  const others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
  await until("no connection is left", async () => (await admin.run([{ sql: others }], SOON)).results[0]?.rows.length === 0);
});

test("a stop does not wait until a batch that the server refuses for now is sent again", { skip }, async (t) => {
  const url = await server.createDatabase();
  const { store } = await openReceiver(t, url);
  const admin = await connectFor(t, url);
  await admin.run([
    { sql: `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '53100'; END $$` },
    { sql: "CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION refuse()" },
  ], SOON);
  const inserting = store.insert(message("a"));
  await until("the batch waits", () => store.queueDepth() === 1);
  await closesSoon(store);
  assert.equal(await inserting, "unavailable");
});

for (const isBusy of [false, true]) {
  const title = `SIGTERM while the server hangs ${isBusy ? "and a delivery waits for it" : "and nobody waits"}: exit status 0`;
  test(title, { skip: skip || SKIP_IN_SHORT_RUN }, async (t) => {
    const service = await startService(t, { DATABASE_URL: await server.createDatabase(), SHUTDOWN_TIMEOUT_MS: "3000", RETENTION_DAYS: "1" });
    hang(t);
    if (isBusy) {
      const connection = await openConnection(t, service.url);
      connection.socket.on("error", () => undefined);
      connection.write(rawPost(JSON.stringify(delivery())));
      await until("the delivery waits", async () => /^webhook_queue_depth 1$/m.test((await send(service.url, "/metrics")).body), { limitMs: 20_000 });
    }
    service.signal("SIGTERM");
    assert.deepEqual(await service.exited, { code: 0, signal: null });
  });
}
