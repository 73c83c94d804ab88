import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import type { MessageQuery } from "../../../src/core/queries.ts";
import { ReadCancelled } from "../../../src/core/store.ts";
import { createCancellation, createCancellationFlag, cancel, Cancelled } from "../../../src/storage/sqlite/cancellation.ts";
import { createQueries } from "../../../src/storage/sqlite/read/queries.ts";
import { openTestStore, type OpenedStore } from "../../support/store.ts";
import { oneOfMany } from "../../support/sweep.ts";

/** The index cannot narrow it down, so it scans every row. */
const EVERY_ROW: MessageQuery = { q: "zz", limit: 1, offset: 0 };
/** The phrase is long enough for the index, and every row is a candidate. */
const EVERY_CANDIDATE: MessageQuery = { q: "message", limit: 1, offset: 0 };
const STEP_ROWS = 5_000;

function addRows(path: string, count: number): void {
  using db = new DatabaseSync(path);
  db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO messages (message_id, from_msisdn, to_msisdn, ts, text, created_at)
    SELECT 'm' || i, '+1', '+2', '2025-01-15T10:00:00Z', 'a message', '2025-01-15T10:00:00.000Z' FROM n`);
}

async function storeOf(t: TestContext, rows: number): Promise<OpenedStore> {
  const opened = await openTestStore(t);
  addRows(opened.path, rows);
  return opened;
}

for (const [index, [title, query]] of ([["scans every row", EVERY_ROW], ["has every row as a candidate", EVERY_CANDIDATE]] as const).entries()) {
  test(`a search that ${title} ends at its next step once it is cancelled`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const { path } = await storeOf(t, 4 * STEP_ROWS);
    using db = new DatabaseSync(path, { readOnly: true });
    const flag = createCancellationFlag();
    const current = t.mock.fn(() => flag);
    const queries = createQueries(db, { cancellation: createCancellation(current) });
    queries.list(query);
    const steps = current.mock.callCount();
    assert.ok(steps >= 3, `${steps} steps`);

    current.mock.resetCalls();
    current.mock.mockImplementation(() => {
      if (current.mock.callCount() === 1) cancel(flag);
      return flag;
    });
    assert.throws(() => queries.list(query), Cancelled);
    assert.equal(current.mock.callCount(), 2);
    assert.ok(!db.isTransaction);
  });
}

test("a pause ends when its call is cancelled", () => {
  const flag = createCancellationFlag();
  cancel(flag);
  assert.throws(() => createCancellation(() => flag).rest(3_600_000), Cancelled);
});

test("running and queued reads are rejected at once if their signals are aborted, and the others continue", async (t) => {
  const { store } = await storeOf(t, 8 * STEP_ROWS);
  const leaving = new AbortController();
  const { signal } = leaving;
  const settled: string[] = [];
  const note = (name: string, read: Promise<unknown>): Promise<unknown> =>
    read.then(() => settled.push(`${name} done`), (error) => settled.push(`${name} ${error instanceof ReadCancelled ? "cancelled" : error}`));
  const reads = [
    note("stays", store.list(EVERY_ROW)),
    ...["second", "third", "fourth"].map((name) => note(name, store.list(EVERY_ROW, { signal }))),
    note("export", store.exportPage({ upTo: 10 }, { signal })),
  ];
  leaving.abort();
  reads.push(note("late", store.list(EVERY_ROW, { signal })));
  await Promise.all(reads);
  assert.deepEqual(settled.toSorted(), ["export cancelled", "fourth cancelled", "late cancelled", "second cancelled", "stays done", "third cancelled"]);
  assert.equal(settled.at(-1), "stays done");
  assert.equal((await store.list(EVERY_ROW)).total, 0);
});

test("a stop does not wait for reads", async (t) => {
  const { store, fatal } = await storeOf(t, 8 * STEP_ROWS);
  const { signal } = new AbortController();
  const reads = [1, 2, 3, 4].map(() => assert.rejects(store.list(EVERY_ROW, { signal }), ReadCancelled));
  await store.close();
  await Promise.all(reads);
  assert.deepEqual(fatal, []);
});
