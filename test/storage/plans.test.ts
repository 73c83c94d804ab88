import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { MessageQuery } from "../../src/core/queries.ts";
import { openDatabase } from "../../src/storage/sqlite/database.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { createQueries } from "../../src/storage/sqlite/read/queries.ts";
import { temporaryFolder } from "../support/store.ts";

/** Every combination of filters that the API can make, near and far. */
function* everyQuery(): Generator<MessageQuery> {
  for (const from of [undefined, "+1"]) {
    for (const since of [undefined, "2025-01-01T00:00:00Z"]) {
      for (const q of [undefined, "ab", "abc"]) {
        for (const offset of [0, 100_000]) {
          for (const order of ["asc", "desc"] as const) {
            const query = { limit: 50, offset, order, ...(from && { from }), ...(since && { since }), ...(q && { q }) };
            yield query;
            yield { ...query, until: "2025-12-01T00:00:00Z" };
            yield { ...query, to: "+2" };
            yield { ...query, offset: 0, after: { key: "2025-01-01T00:00:00", messageId: "a" } };
          }
        }
      }
    }
  }
}

test("no query of the API walks the whole table or sorts in a temporary B-tree", (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using db = openDatabase(path);
  migrate(db);
  // So many rows that a page far out jumps; the counts are what the jump is made from.
  db.exec(`
    INSERT INTO messages (message_id, from_msisdn, to_msisdn, ts, text, created_at) VALUES ('m', '+1', '+2', '2025-01-01T00:00:00Z', 'abc', 'now');
    UPDATE index_state SET messages = 1000000;
    INSERT INTO sender_counts VALUES ('+1', 1000000);
    INSERT INTO time_counts SELECT scope.column1, level.column1, substr('2025-06-01T00:00:00', 1, level.column1), 1000000
      FROM (VALUES (''), ('+1')) AS scope, (VALUES (10), (13), (16), (19)) AS level`);
  const prepare = t.mock.method(db, "prepare");
  const queries = createQueries(db);
  for (const query of everyQuery()) queries.list(query);
  for (const order of ["asc", "desc"] as const) {
    for (const from of [{}, { from: "+1" }]) queries.exportPage({ order, ...from, upTo: 10 });
  }
  queries.get("m");
  queries.stats();
  for (const bucket of ["hour", "day"] as const) queries.timeline({ bucket, limit: 10, since: "2025-01-01T00:30:00Z" });
  queries.count();
  queries.since(0, 10, false);
  queries.lastSequence();

  const texts = new Set(prepare.mock.calls.map((call) => String(call.arguments[0])));
  prepare.mock.restore();
  assert.ok(texts.size > 15, `only ${texts.size} texts were seen`);
  for (const sql of texts) {
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row["detail"]));
    for (const step of plan) {
      assert.doesNotMatch(step, /TEMP B-TREE/, sql);
      // An index walked in its own order ends at LIMIT; the search table has no other way to be asked.
      assert.doesNotMatch(step, /^SCAN (?!messages USING INDEX messages_by_ts$|sender_counts USING COVERING INDEX sender_counts_by_count$|messages_search VIRTUAL TABLE INDEX|index_state$|removal_state$|hit$|CONSTANT ROW$|\(subquery)/, sql);
    }
  }
});
