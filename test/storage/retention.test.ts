import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { Message } from "../../src/core/message.ts";
import { createBatchWriter, CREATED, DUPLICATE, type BatchWriter } from "../../src/storage/sqlite/write/batch.ts";
import { checkCounters } from "../../src/storage/sqlite/maintain/check-counters.ts";
import { checkMarks } from "../../src/storage/sqlite/maintain/check-file.ts";
import { checkSearch } from "../../src/storage/sqlite/maintain/check-search.ts";
import { checkSenders } from "../../src/storage/sqlite/maintain/check-senders.ts";
import { openDatabase } from "../../src/storage/sqlite/database.ts";
import { createIndexer } from "../../src/storage/sqlite/index/indexer.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { createQueries } from "../../src/storage/sqlite/read/queries.ts";
import { rebuild } from "../../src/storage/sqlite/maintain/rebuild.ts";
import { message, temporaryFolder } from "../support/store.ts";

const OLD = "2025-01-15T10:00:00.000Z";
const CUTOFF = "2025-02-01T00:00:00.000Z";
const NEW = "2025-02-15T10:00:00.000Z";

function write(writer: BatchWriter, messages: readonly Message[], createdAt: string): Uint8Array {
  return writer.write(messages.flatMap((one) => [one.messageId, one.from, one.to, one.ts, one.text]), createdAt);
}

function someMessages(count: number, prefix: string): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    message(`${prefix}${index}`, { from: `+${prefix.length}${index % 3}`, ts: `2025-01-1${index % 4}T1${index % 7}:00:00Z`, text: index % 5 === 0 ? null : `text ${prefix} ${index}` }),
  );
}

function requireSound(db: DatabaseSync, place: string): void {
  for (const check of [checkMarks, checkCounters, checkSenders, checkSearch]) {
    const finding = check(db, () => {});
    assert.ok(finding.ok, `${place}: ${finding.detail}`);
  }
}

test("old messages go, a few at a time, and all that is derived stays exact; their ids stay known", (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using db = openDatabase(path);
  migrate(db);
  const old = someMessages(300, "o");
  const young = someMessages(40, "yy");
  const writer = createBatchWriter(db, { indexer: createIndexer(db), removes: true });
  write(writer, old, OLD);
  write(writer, young, NEW);
  assert.deepEqual(writer.remove(CUTOFF), { messages: 0, more: true }, "what is not derived yet stays");

  const queries = createQueries(db);
  let left = old.length;
  for (let more = true; more; ) {
    const removed = writer.remove(CUTOFF);
    more = removed.more;
    left -= removed.messages;
    requireSound(db, `${left} old ones left`);
    assert.equal(queries.stats().total_messages, left + young.length);
    assert.equal(queries.list({ q: "text o", limit: 1, offset: 0 }).total, queries.list({ limit: 100, offset: 0 }).total - young.length - old.slice(old.length - left).filter((one) => one.text === null).length);
  }
  assert.equal(left, 0);
  assert.equal(queries.stats().senders_count, 3);
  assert.equal(queries.get("o1"), undefined);

  assert.deepEqual([...write(writer, [message("o1"), message("yy1", young[1]), message("new")], NEW)], [DUPLICATE, DUPLICATE, CREATED]);
  const later = createBatchWriter(db, { indexer: createIndexer(db) });
  assert.deepEqual([...write(later, [message("o2")], NEW)], [DUPLICATE], "also where nothing is removed any more");
});

test("where all messages are removed, those that come later are numbered on, and are found", (t) => {
  const path = join(temporaryFolder(t), "app.db");
  {
    using db = openDatabase(path);
    migrate(db);
    const writer = createBatchWriter(db, { indexer: createIndexer(db), removes: true });
    write(writer, someMessages(10, "o"), OLD);
    while (writer.catchUp());
    assert.deepEqual(writer.remove(CUTOFF), { messages: 10, more: true });
    assert.deepEqual(writer.remove(CUTOFF), { messages: 0, more: false });
    assert.equal(db.prepare("SELECT count(*) AS n FROM messages").get()?.["n"], 0);
  }
  rebuild(path, () => {});
  using db = openDatabase(path);
  const writer = createBatchWriter(db, { indexer: createIndexer(db) });
  write(writer, [message("new", { text: "found" })], NEW);
  assert.equal(db.prepare("SELECT seq FROM messages").get()?.["seq"], 11);
  while (writer.catchUp());
  requireSound(db, "after a rebuild");
  const queries = createQueries(db);
  assert.deepEqual([queries.stats().total_messages, queries.list({ q: "found", limit: 1, offset: 0 }).total], [1, 1]);
});

test("a transaction that fails removes nothing", (t) => {
  using db = openDatabase(join(temporaryFolder(t), "app.db"));
  migrate(db);
  const writer = createBatchWriter(db, { indexer: createIndexer(db), removes: true });
  write(writer, someMessages(10, "o"), OLD);
  while (writer.catchUp());
  db.exec("CREATE TRIGGER full BEFORE UPDATE ON removal_state BEGIN SELECT raise(ROLLBACK, 'no'); END");
  assert.throws(() => writer.remove(CUTOFF));
  requireSound(db, "after the failure");
  assert.equal(createQueries(db).stats().total_messages, 10);
});
