import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import type { Connection } from "../../src/postgres/connection.ts";
import { openEngine } from "../../src/storage/postgres/engine.ts";
import { connectFor, urlOf } from "../postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES } from "../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../support/shared-postgres.ts";
import { message } from "../support/store.ts";
import { oneOfMany } from "../support/sweep.ts";
import { runMain } from "./main.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const SOON = { deadlineMs: 5_000 };
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

/** A database with some messages counted, others not yet, and two erased. */
async function fill(t: TestContext): Promise<{ readonly url: string; readonly admin: Connection }> {
  const url = await server.createDatabase();
  const engine = await openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true });
  const messages = Array.from({ length: 100 }, (_, index) => message(`m${index}`, { from: `+${1 + (index % 7)}`, text: index % 9 === 0 ? null : `ΔΥΣ ${index}` }));
  await engine.write(messages.slice(0, 60), "2025-06-01T00:00:00.000Z");
  await engine.derive();
  await engine.write(messages.slice(60), "2025-06-01T00:00:00.000Z");
  await engine.erase({ messageId: "m3" });
  await engine.erase({ messageId: "m99" });
  await engine.close();
  return { url, admin: await connectFor(t, url) };
}

test("verify of a sound database prints one line per check and a summary without the password, and exits with 0", { skip }, async (t) => {
  const { url } = await fill(t);
  const { status, stdout, stderr } = await runMain(["verify"], { env: { DATABASE_URL: url.replace("postgres@", "postgres:CANARY@") } });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.match(stdout, /^(ok   [^\n]+\n){6}[^\n]*all 6 checks passed[^\n]*\n$/);
  assert.doesNotMatch(stdout, /CANARY/);
});

for (const [index, [check, sql]] of ([
  ["counters", "UPDATE time_counts SET count = count + 1 WHERE level = 13"],
  ["counters", "DELETE FROM time_counts WHERE level = 16"],
  ["senders", "UPDATE sender_counts SET count = 0 WHERE from_msisdn = '+1'"],
  ["search texts", "UPDATE messages SET folded = 'other' WHERE message_id = 'm7'"],
  ["removed ids", "INSERT INTO removed_messages VALUES ('m7')"],
  ["order", "SELECT setval('messages_seq', 5)"],
  ["schema", "UPDATE inbox_state SET version = 7"],
] as const).entries()) {
  test(`after ${sql} verify prints FAIL ${check} and exits with 1`, { skip: skip || oneOfMany(index, { every: 3 }) }, async (t) => {
    const { url, admin } = await fill(t);
    await admin.run([{ sql }], SOON);
    const { status, stdout } = await runMain(["verify"], { env: { DATABASE_URL: url } });
    assert.equal(status, 1);
    assert.deepEqual(stdout.match(/^FAIL [^:]+/gm), [`FAIL ${check}`]);
  });
}

test("commands that are only for SQLite exit with 78 and say what to use instead", async () => {
  const env = { DATABASE_URL: "postgres://u:CANARY@h/d" };
  for (const [args, instead] of [[["backup", "x"], /pg_dump/], [["verify", "--rebuild"], /copy/]] as const) {
    const { status, stderr } = await runMain(args, { env });
    assert.equal(status, 78);
    assert.match(stderr, instead);
    assert.doesNotMatch(stderr, /CANARY/);
  }
});
