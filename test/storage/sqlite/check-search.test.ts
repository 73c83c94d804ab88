import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { openMessageIndex } from "../../../src/storage/sqlite/index/message-index.ts";
import { INDEX_SCHEMA, indexLocation } from "../../../src/storage/sqlite/index/schema.ts";
import { checkSearch } from "../../../src/storage/sqlite/maintain/check-search.ts";
import { createBatchWriter } from "../../../src/storage/sqlite/write/batch.ts";
import { createDatabase, sampleMessages } from "../../support/derived-database.ts";

const ROWS = 500;

test("a search index passes while a service keeps removing messages from it, and a surplus entry is still found", (t) => {
  const path = createDatabase(t, sampleMessages(ROWS), { indexed: true });
  using main = openDatabase(path);
  const index = openMessageIndex({ location: indexLocation(path), database: path, busyTimeoutMs: 1_000 });
  t.after(() => index.close());
  const writer = createBatchWriter(main, { removes: true });
  using db = new DatabaseSync(path, { readOnly: true });
  db.prepare(`ATTACH ? AS ${INDEX_SCHEMA}`).run(indexLocation(path));
  let seq = 0;
  function removeNext(): void {
    seq += 1;
    const removal = index.exclude([seq]);
    writer.remove({ seqs: [seq], removal });
    index.forget([seq]);
  }
  assert.deepEqual([checkSearch(db, removeNext).ok, seq], [true, 2]);

  using other = new DatabaseSync(indexLocation(path), { defensive: false });
  other.exec("INSERT INTO messages_search (rowid, text) VALUES (10, 'no such text')");
  assert.equal(checkSearch(db, removeNext).ok, false);
});
