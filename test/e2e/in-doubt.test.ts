import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { connectFor } from "../postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../support/shared-postgres.ts";

const skip = SKIP_WITHOUT_POSTGRES;
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

/** A service whose inserts all fail with the SQLSTATE last given, and that tries to learn their outcome only for a short time. */
async function startFailing(t: TestContext): Promise<{ readonly app: TestApp; failWith(code: string): Promise<unknown> }> {
  const url = await server.createDatabase();
  const app = await startTestApp(t, { env: { DATABASE_URL: url }, budgetMs: 400 });
  const admin = await connectFor(t, url);
  const failWith = (code: string): Promise<unknown> =>
    admin.run([
      { sql: `CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '${code}'; END $$` },
    ], { deadlineMs: 5_000 });
  await failWith("40003");
  await admin.run([{ sql: "CREATE TRIGGER fault BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION fault()" }], { deadlineMs: 5_000 });
  return { app, failWith };
}

test("a delivery that PostgreSQL may have stored gets no response, because neither 200 nor 503 is known to be true", { skip }, async (t) => {
  const { app, failWith } = await startFailing(t);
  await failWith("40003");
  await assert.rejects(app.deliver(delivery()), { code: "ECONNRESET" });
  const [line] = await app.requestLines(1);
  assert.equal(line?.["result"], "unavailable");
});

test("a delivery that PostgreSQL has certainly not stored gets 503 with Retry-After", { skip }, async (t) => {
  const { app, failWith } = await startFailing(t);
  for (const code of ["53100", "42501"]) {
    await failWith(code);
    const { status, headers } = await app.deliver(delivery());
    assert.deepEqual([status, headers["retry-after"]], [503, "1"], code);
    assert.equal((await app.request("/messages/m1")).status, 404);
  }
});
