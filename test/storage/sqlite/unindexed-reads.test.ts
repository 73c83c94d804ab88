import assert from "node:assert/strict";
import { StatementSync } from "node:sqlite";
import { test } from "node:test";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { createQueries, type Queries } from "../../../src/storage/sqlite/read/queries.ts";
import { createDatabase } from "../../support/derived-database.ts";
import { message } from "../../support/store.ts";

const ROWS = 6_000;

/** Reads of a sender whose rows are not indexed, and the maximum number of rows that each may fetch from SQLite. */
const READS: readonly (readonly [title: string, read: (queries: Queries) => unknown, most: number])[] = [
  ["the first page", (queries) => queries.list({ from: "+1", limit: 1, offset: 0 }), 10],
  ["the newest page", (queries) => queries.list({ from: "+1", limit: 1, offset: 0, order: "desc" }), 10],
  ["a page after a position", (queries) => queries.list({ from: "+1", limit: 1, offset: 0, after: { key: "2025-01-15T10:00:30", messageId: "m30" } }), 10],
  ["a page of an export", (queries) => queries.exportPage({ from: "+1", upTo: ROWS }), 2_100],
  ["the totals", (queries) => queries.stats(), 20],
];

for (const [title, read, most] of READS) {
  test(`${title} of a sender whose rows are not indexed fetches few rows, however many there are`, (t) => {
    const ts = (index: number): string => new Date(Date.parse("2025-01-15T10:00:00Z") + index * 1_000).toISOString();
    const path = createDatabase(t, Array.from({ length: ROWS }, (_, index) => message(`m${index}`, { from: "+1", ts: ts(index) })), { indexed: false });
    using db = openDatabase(path, { readOnly: true });
    const queries = createQueries(db);
    let rows = 0;
    const all = StatementSync.prototype.all;
    t.mock.method(StatementSync.prototype, "all", function (this: StatementSync, ...values: Parameters<typeof all>) {
      const found = all.apply(this, values);
      rows += found.length;
      return found;
    });
    read(queries);
    assert.ok(rows <= most, `${rows} rows`);
  });
}
