import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { MessageQuery } from "../../../src/core/queries.ts";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { indexLocation } from "../../../src/storage/sqlite/index/schema.ts";
import { createQueries } from "../../../src/storage/sqlite/read/queries.ts";
import { createDatabase } from "../../support/derived-database.ts";
import { message } from "../../support/store.ts";

/** Every combination of filters that the API allows, with small and large offsets. */
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

test("no query of the API scans the whole table, and only unindexed rows are sorted", (t) => {
  const path = createDatabase(t, [message("m", { from: "+1", ts: "2025-01-01T00:00:00Z", text: "abc" })], { indexed: true });
  {
    using index = new DatabaseSync(indexLocation(path));
    // A page with a large offset skips this many rows, by the counts.
    index.exec(`
      UPDATE index_state SET messages = 1000000;
      UPDATE sender_counts SET count = 1000000;
      INSERT INTO time_counts SELECT scope.column1, level.column1, substr('2025-06-01T00:00:00', 1, level.column1), 1000000
        FROM (VALUES (''), ('+1')) AS scope, (VALUES (10), (13), (16), (19)) AS level`);
  }
  using db = openDatabase(path, { readOnly: true });
  const prepare = t.mock.method(db, "prepare");
  const queries = createQueries(db, { onIndexFault: assert.fail });
  queries.attachIndex(indexLocation(path));
  for (const query of everyQuery()) queries.list(query);
  for (const order of ["asc", "desc"] as const) {
    for (const from of [{}, { from: "+1" }]) queries.exportPage({ order, ...from, upTo: 10 });
  }
  queries.get("m");
  queries.stats();
  for (const bucket of ["hour", "day"] as const) {
    for (const utcOffsetMinutes of [0, 330]) {
      for (const from of [{}, { from: "+1" }]) queries.timeline({ bucket, utcOffsetMinutes, limit: 10, since: "2025-01-01T00:30:00Z", ...from });
    }
  }
  queries.count();
  queries.since(0, 10, false);
  queries.lastSequence();
  for (const which of [{ from: "+1" }, { messageId: "m" }]) queries.removable(which);

  const texts = new Set(prepare.mock.calls.map((call) => String(call.arguments[0])));
  prepare.mock.restore();
  assert.ok(texts.size > 15, `only ${texts.size} statements were recorded`);
  for (const sql of texts) {
    if (!sql.trimStart().startsWith("SELECT")) continue;
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row["detail"]));
    for (const step of plan) {
      if (!sql.includes("unindexed_messages")) assert.doesNotMatch(step, /TEMP B-TREE/, sql);
      // A scan in the order of an index ends at LIMIT, and the search table can only be scanned.
      assert.doesNotMatch(step, /^SCAN (?!messages USING INDEX messages_by_ts$|sender_counts USING COVERING INDEX sender_counts_by_count$|messages_search VIRTUAL TABLE INDEX|index_state$|store_state$|excluded_messages$|unindexed_messages$|hit$|CONSTANT ROW$|\(subquery)/, sql);
    }
  }
});
