import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openEngine } from "../../../src/storage/postgres/engine.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES, startPostgres, type PostgresServer } from "../../support/postgres.ts";

const skip = SKIP_WITHOUT_POSTGRES;
let server: PostgresServer;

before(async () => {
  if (skip === false) server = await startPostgres({ settings: { fsync: "on" } });
});

after(() => server?.stop());

test("a server that confirms commits before they are durable is refused, and the error names the setting", { skip }, async (t) => {
  const url = await server.createDatabase();
  const admin = await connectFor(t, url);
  for (const value of ["off", "local"]) {
    await admin.run([{ sql: `ALTER USER postgres SET synchronous_commit = ${value}` }], { deadlineMs: 5000 });
    const options = { fault: () => {}, remark: () => {} };
    await assert.rejects(openEngine(urlOf(url), options), (error: Error) => error.message.includes("synchronous_commit"));
  }
  await admin.run([{ sql: "ALTER USER postgres RESET synchronous_commit" }], { deadlineMs: 5000 });
});

test("a server whose default isolation level hides commits made while a batch waits is refused", { skip }, async (t) => {
  const url = await server.createDatabase();
  const admin = await connectFor(t, url);
  await admin.run([{ sql: `ALTER DATABASE ${urlOf(url).database} SET default_transaction_isolation = 'repeatable read'` }], { deadlineMs: 5000 });
  const options = { fault: () => {}, remark: () => {} };
  await assert.rejects(openEngine(urlOf(url), options), (error: Error) => error.message.includes("default_transaction_isolation"));
});

test("without a synchronous standby, the store reports on which machine commits are durable", { skip }, async () => {
  const remarks: string[] = [];
  const url = urlOf(await server.createDatabase());
  const engine = await openEngine(url, { fault: () => {}, remark: (text) => remarks.push(text) });
  await engine.close();
  assert.equal(remarks.length, 1);
  assert.ok(remarks[0]?.includes("synchronous_standby_names"));
});

test("fsync=off is refused", { skip }, async () => {
  const careless = await startPostgres();
  try {
    const options = { fault: () => {}, remark: () => {} };
    await assert.rejects(openEngine(urlOf(careless.url("postgres")), options), (error: Error) => error.message.includes("fsync"));
  } finally {
    await careless.stop();
  }
});
