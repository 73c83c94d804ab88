import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { migrate } from "../../../src/storage/sqlite/migrations.ts";
import { createBatchWriter, CREATED, DUPLICATE } from "../../../src/storage/sqlite/write/batch.ts";
import { temporaryFolder } from "../../support/store.ts";

const NOW = "2025-01-15T10:00:00.000Z";

test("the id of a removed message stays known, and seq continues", (t) => {
  using db = openDatabase(join(temporaryFolder(t), "app.db"));
  migrate(db);
  const row = (id: string): readonly string[] => [id, "+1", "+2", "2025-01-15T10:00:00Z", "text"];
  const writer = createBatchWriter(db);
  writer.write([...row("a"), ...row("b"), ...row("c")], NOW);
  assert.equal(writer.remove({ seqs: [2, 3], removal: 1 }), 2);
  assert.deepEqual([...writer.write([...row("b"), ...row("d")], NOW)], [DUPLICATE, CREATED]);
  assert.deepEqual(db.prepare("SELECT seq, message_id FROM messages").all().map((one) => [one["seq"], one["message_id"]]), [[1, "a"], [4, "d"]]);
  assert.deepEqual([...createBatchWriter(db).write(row("c"), NOW)], [DUPLICATE], "also after a start");
});

test("a removal that fails removes nothing", (t) => {
  using db = openDatabase(join(temporaryFolder(t), "app.db"));
  migrate(db);
  const writer = createBatchWriter(db);
  writer.write(["a", "+1", "+2", "2025-01-15T10:00:00Z", "text"], NOW);
  db.exec("CREATE TRIGGER full BEFORE UPDATE OF removals ON store_state BEGIN SELECT raise(ROLLBACK, 'no'); END");
  assert.throws(() => writer.remove({ seqs: [1], removal: 1 }));
  db.exec("DROP TRIGGER full");
  assert.deepEqual({ ...db.prepare("SELECT edits, removals, (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM removed_messages) AS known FROM store_state").get() }, { edits: 0, removals: 0, messages: 1, known: 0 });
});
