import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { ReadCancelled } from "../../../src/core/store.ts";
import type { Connection } from "../../../src/postgres/connection.ts";
import { openEngine, type Engine } from "../../../src/storage/postgres/engine.ts";
import { connectFor, urlOf } from "../../postgres/server.ts";
import { atEnd } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres, type SharedPostgres } from "../../support/shared-postgres.ts";

const skip = SKIP_WITHOUT_POSTGRES;
const SOON = { deadlineMs: 5_000 };
const SEARCH = { q: "text", limit: 1, offset: 0 };
/** The maximum number of reads that run or wait. */
const MAX_READS = 2 + 128;
let server: SharedPostgres;

before(async () => {
  if (skip === false) server = await usePostgres();
});

after(() => server?.stop());

/** An engine whose reads of messages all wait until `locker` commits. */
async function openLocked(t: TestContext): Promise<{ readonly engine: Engine; readonly locker: Connection }> {
  const url = await server.createDatabase();
  const engine = await openEngine(urlOf(url), { fault: () => {}, remark: () => {}, mayLose: true });
  atEnd(t, () => engine.close());
  const locker = await connectFor(t, url);
  await locker.run([{ sql: "BEGIN" }, { sql: "LOCK TABLE messages" }], SOON);
  return { engine, locker };
}

test("running and waiting reads end at once if their signals are aborted, and free their places", { skip }, async (t) => {
  const { engine, locker } = await openLocked(t);
  const warnings: Error[] = [];
  const warn = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warn);
  atEnd(t, () => process.off("warning", warn));
  const { signal } = new AbortController();
  const leaving = new AbortController();
  const dropped = Array.from({ length: MAX_READS }, () => assert.rejects(engine.list(SEARCH, { signal: leaving.signal }), ReadCancelled));
  await assert.rejects(engine.list(SEARCH, { signal }), { name: "StoreUnavailable" });
  leaving.abort();
  await Promise.all(dropped);
  await assert.rejects(engine.list(SEARCH, { signal: leaving.signal }), ReadCancelled);
  const stays = engine.list(SEARCH, { signal });
  await locker.run([{ sql: "COMMIT" }], SOON);
  assert.equal((await stays).total, 0);
  assert.deepEqual(warnings, []);
});

test("a stop does not wait for reads", { skip }, async (t) => {
  const { engine } = await openLocked(t);
  const reads = [engine.list(SEARCH), engine.stats(), engine.lastSequence()].map((read) => assert.rejects(read, ReadCancelled));
  await engine.close();
  await Promise.all(reads);
});
