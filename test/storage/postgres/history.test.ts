import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test, type TestContext } from "node:test";
import { openEngine, type Engine } from "../../../src/storage/postgres/engine.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../../support/shared-postgres.ts";
import { message } from "../../support/store.ts";
import { backTo } from "./versions.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const AT = "2025-06-01T00:00:00.000Z";
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

async function open(t: TestContext, url: string): Promise<Engine> {
  const engine = await openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true });
  atEnd(t, () => engine.close());
  return engine;
}

test("a database of version 1 gets a generation, the same for every receiver", { skip }, async (t) => {
  const url = await server.createDatabase();
  await (await open(t, url)).write([message("m1")], AT);
  const admin = await connectFor(t, url);
  await admin.run(backTo(1).map((sql) => ({ sql })), { deadlineMs: 5000 });
  const [one, other] = await Promise.all([open(t, url), open(t, url)]);
  const history = await one.history();
  assert.match(history.generation, /^[0-9a-f-]{36}$/);
  assert.deepEqual([await other.history(), await one.count()], [history, 1]);
});

test("after the statements of ops/README.md for a restore, history lists the former generation with its last seq", { skip }, async (t) => {
  const engine = await open(t, await server.createDatabase());
  const url = await server.createDatabase();
  const restored = await open(t, url);
  await restored.write([message("m1"), message("m2")], AT);
  const last = await restored.lastSequence();
  const { generation } = await restored.history();
  assert.notEqual(generation, (await engine.history()).generation);
  const [, sql = ""] = /```sql\n(BEGIN;\nINSERT INTO former_generations[^`]*)```/.exec(readFileSync("ops/README.md", "utf8")) ?? [];
  const admin = await connectFor(t, url);
  const statements = sql.split(";").map((one) => one.trim()).filter((one) => one !== "");
  assert.equal(statements.length, 4);
  await admin.run(statements.map((one) => ({ sql: one })), { deadlineMs: 5000 });
  const history = await restored.history();
  assert.notEqual(history.generation, generation);
  assert.deepEqual(history.former, new Map([[generation, last]]));
});
