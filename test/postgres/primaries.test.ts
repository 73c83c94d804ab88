import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../src/postgres/connect.ts";
import { NoServer } from "../../src/postgres/errors.ts";
import { createPool } from "../../src/postgres/pool.ts";
import { createPrimaries } from "../../src/postgres/primaries.ts";
import { atEnd } from "../support/cleanup.ts";
import { promote, SKIP_WITHOUT_POSTGRES, startPostgres, startStandby } from "../support/postgres.ts";
import { SKIP_IN_SHORT_RUN } from "../support/sweep.ts";
import { connectFor, urlOf } from "./server.ts";

const SOON = { deadlineMs: 5_000 };
const PORT = [{ sql: "SELECT current_setting('port')" }];

test("once a newer primary is known, no connection to the replaced one is used or opened, although it still accepts writes", { skip: SKIP_WITHOUT_POSTGRES || SKIP_IN_SHORT_RUN }, async (t) => {
  const old = await startPostgres();
  atEnd(t, () => old.stop());
  const next = await startStandby(old);
  atEnd(t, () => next.stop());
  const primaries = createPrimaries();
  const hosts = [old, next].map(({ port }) => `127.0.0.1:${port}`).join();
  const pool = createPool(urlOf(`postgres://postgres@${hosts}/postgres`), { size: 2, maxWaiting: 0, waitMs: 0, primaries });
  atEnd(t, () => pool.close());
  const port = async (): Promise<string | null | undefined> => (await pool.run(PORT, SOON)).results[0]?.rows[0]?.[0];
  await Promise.all([port(), port()]);
  assert.equal(await port(), String(old.port));

  await promote(next);
  await pool.use(async () => {
    assert.equal(await port(), String(old.port), "the new one is not known yet");
    await connectFor(t, `${next.url("postgres")}?target_session_attrs=read-write`, { primaries });
    assert.equal(await port(), String(next.port), "an idle connection is not reused");
  });
  for (let again = 0; again < 2; again += 1) assert.equal(await port(), String(next.port), "nor one that was in use meanwhile");
  await assert.rejects(connect(urlOf(`${old.url("postgres")}?target_session_attrs=read-write`), { primaries }), NoServer);
});

test("a server that does not reveal its timeline is used without this check", { skip: SKIP_WITHOUT_POSTGRES }, async (t) => {
  const server = await startPostgres();
  atEnd(t, () => server.stop());
  const admin = await connectFor(t, server.url("postgres"));
  for (const sql of ["CREATE ROLE plain LOGIN", "REVOKE EXECUTE ON FUNCTION pg_walfile_name FROM PUBLIC"]) await admin.run([{ sql }], SOON);
  const plain = server.url("postgres").replace("postgres@", "plain@");
  const connection = await connectFor(t, `${plain}?target_session_attrs=read-write`, { primaries: createPrimaries() });
  assert.equal((await connection.run(PORT, SOON)).results[0]?.rows[0]?.[0], String(server.port));
});
