import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test, type TestContext } from "node:test";
import type { Statement } from "../../../src/postgres/frontend.ts";
import { openEngine, type Engine } from "../../../src/storage/postgres/engine.ts";
import { SCHEMA_VERSION } from "../../../src/storage/postgres/schema.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../../support/shared-postgres.ts";
import { message } from "../../support/store.ts";
import { useEverything } from "./session.ts";
import { backTo } from "./versions.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const AT = "2025-06-01T00:00:00.000Z";
const SOON = { deadlineMs: 10_000 };
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

interface Opened {
  readonly engine: Engine;
  readonly remarks: readonly string[];
}

async function open(t: TestContext, url: string): Promise<Opened> {
  const remarks: string[] = [];
  const engine = await openEngine(urlOf(url), { fault: () => {}, remark: (text) => remarks.push(text), mayLose: true });
  atEnd(t, () => engine.close());
  return { engine, remarks };
}

async function run(t: TestContext, url: string, statements: readonly string[]): Promise<void> {
  const admin = await connectFor(t, url);
  await admin.run(statements.map((sql) => ({ sql })), SOON);
}

/** Changes that the next build may make to a database while this one uses it. */
const NEXT: readonly string[] = [
  "ALTER TABLE messages ADD COLUMN next text, ADD COLUMN numbered int NOT NULL DEFAULT 7",
  "ALTER TABLE removed_messages ADD COLUMN next text",
  "ALTER TABLE inbox_state ADD COLUMN next text",
  "ALTER TABLE time_counts ADD COLUMN next text",
  "ALTER TABLE sender_counts ADD COLUMN next text",
  "CREATE TABLE next_table (id int PRIMARY KEY)",
  "CREATE INDEX next_index ON messages (to_msisdn)",
  `UPDATE inbox_state SET version = ${SCHEMA_VERSION + 1}, compatible_version = ${SCHEMA_VERSION}`,
];

test("a receiver continues while a newer build makes a compatible upgrade, and so does one that starts afterwards", { skip }, async (t) => {
  const url = await server.createDatabase();
  const running = await open(t, url);
  await useEverything(running.engine);
  await run(t, url, NEXT);
  const started = await open(t, url);
  assert.equal(started.remarks.filter((text) => text.includes(`version ${SCHEMA_VERSION + 1}`)).length, 1);
  assert.deepEqual(running.remarks.filter((text) => text.includes("version")), []);
  for (const [name, { engine }] of Object.entries({ running, started })) {
    assert.deepEqual(await engine.write([message(name)], AT), ["created"]);
    await useEverything(engine);
    assert.deepEqual(await engine.write([message(`${name} last`)], AT), ["created"]);
  }
  assert.deepEqual(await Promise.all([running, started].map(({ engine }) => engine.count())), [1, 1]);
});

test("after an incompatible upgrade by a newer build, a start is refused and changes nothing", { skip }, async (t) => {
  const url = await server.createDatabase();
  await open(t, url);
  await run(t, url, ["ALTER TABLE messages RENAME TO other", `UPDATE inbox_state SET version = ${SCHEMA_VERSION + 2}, compatible_version = ${SCHEMA_VERSION + 1}`]);
  await assert.rejects(openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true }), { name: "StoreUnavailable" });
  await run(t, url, ["SELECT FROM other"]);
});

test("receivers of the previous version continue after the upgrade: all their statements succeed", { skip }, async (t) => {
  const url = await server.createDatabase();
  await open(t, url);
  const before = SCHEMA_VERSION - 1;
  await run(t, url, backTo(before));
  const { engine } = await open(t, url);
  const statements: readonly Statement[] = JSON.parse(readFileSync(`test/storage/postgres/fixtures/version-${before}.json`, "utf8"));
  assert.ok(statements.length > 20);
  const old = await connectFor(t, url);
  for (const statement of statements) {
    await assert.doesNotReject(old.run([statement], SOON), statement.sql);
    await engine.write([message(`new ${statement.sql}`)], AT);
  }
  // The older build has stored some messages and removed one.
  assert.equal((await engine.get("session-b"))?.message_id, "session-b");
  assert.deepEqual(await engine.write([message("session-a")], AT), ["duplicate"]);
  await useEverything(engine);
});

test("several receivers that start together upgrade an old database once", { skip }, async (t) => {
  const url = await server.createDatabase();
  const { engine } = await open(t, url);
  await engine.write([message("before")], AT);
  for (let version = SCHEMA_VERSION - 1; version >= 1; version -= 1) {
    await run(t, url, backTo(version));
    const opened = await Promise.all(Array.from({ length: 4 }, () => open(t, url)));
    assert.deepEqual(await Promise.all(opened.map((one) => one.engine.count())), [1, 1, 1, 1]);
  }
});
