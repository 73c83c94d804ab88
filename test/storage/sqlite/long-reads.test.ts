import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { before, test, type TestContext } from "node:test";
import type { ReceivedPage } from "../../../src/core/queries.ts";
import { createQueries, type Queries } from "../../../src/storage/sqlite/read/queries.ts";
import { untilTestsEnd } from "../../support/cleanup.ts";
import { openTestStore } from "../../support/store.ts";

/** More rows than are scanned in one transaction, and more than are scanned before the index is used. */
const ROWS = 22_000;
const NEEDLE_EVERY = 7;
const HOUR_ROWS = 3_600;

const FILE = untilTestsEnd();

let path: string;

/** Stores rows a second apart, received in a different order than sent. The tests only read them. */
before(async () => {
  const { store, path: opened } = await openTestStore(FILE);
  path = opened;
  {
    using db = new DatabaseSync(path);
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS - 1}), m(i, s) AS (SELECT i, (i * 7919) % ${ROWS} FROM n)
      INSERT INTO messages (message_id, from_msisdn, to_msisdn, ts, text, created_at)
      SELECT 'm' || s, '+1', '+' || (s % 3), strftime('%Y-%m-%dT%H:%M:%SZ', 1736935200 + s, 'unixepoch'), iif(s % ${NEEDLE_EVERY}, 'hay', 'a needle'), '2025-01-15T10:00:00.000Z' FROM m ORDER BY i`);
  }
  await store.close();
});

function queriesOf(t: TestContext): Queries {
  const db = new DatabaseSync(path, { readOnly: true });
  t.after(() => db.close());
  return createQueries(db);
}

const received = Array.from({ length: ROWS }, (_, index) => (index * 7919) % ROWS);
const sent = received.toSorted((a, b) => a - b);

/** The number of these seconds in each hour. */
function perHour(seconds: readonly number[]): readonly number[] {
  return [...Map.groupBy(seconds, (second) => Math.floor(second / HOUR_ROWS))].sort(([a], [b]) => a - b).map(([, some]) => some.length);
}

test("a timeline of many rows counts each match, found by the index or by a scan in several transactions", (t) => {
  const queries = queriesOf(t);
  for (const [filter, accepts] of [
    [{ q: "needle" }, (second: number) => second % NEEDLE_EVERY === 0],
    [{ q: "ne" }, (second: number) => second % NEEDLE_EVERY === 0],
    [{ to: "+2" }, (second: number) => second % 3 === 2],
    [{ q: "needle", to: "+2" }, (second: number) => second % 3 === 2 && second % NEEDLE_EVERY === 0],
  ] as const) {
    const { data } = queries.timeline({ bucket: "hour", limit: 100, ...filter });
    assert.deepEqual(data.map(({ count }) => count), perHour(sent.filter(accepts)), JSON.stringify(filter));
  }
});

test("pages in the order of receipt over many rows have each match once, however it is found", (t) => {
  const queries = queriesOf(t);
  for (const q of ["needle", "ne"]) {
    for (const order of ["received", "received-desc"] as const) {
      const expected = received.filter((second) => second % NEEDLE_EVERY === 0).map((second) => `m${second}`);
      const ids: string[] = [];
      for (let page: ReceivedPage | undefined; page === undefined || page.next !== undefined; ) {
        page = queries.listReceived({ q, order, limit: 1_000, offset: 0, ...(page?.next !== undefined && { after: page.next }) });
        ids.push(...page.data.map((row) => row.message_id));
        assert.equal(page.total, expected.length);
      }
      assert.deepEqual(ids, order === "received" ? expected : expected.toReversed(), `${q} ${order}`);
    }
  }
});
