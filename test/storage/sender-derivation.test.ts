import assert from "node:assert/strict";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { Message } from "../../src/core/message.ts";
import { createBatchWriter } from "../../src/storage/sqlite/write/batch.ts";
import { checkCounters } from "../../src/storage/sqlite/maintain/check-counters.ts";
import { checkMarks } from "../../src/storage/sqlite/maintain/check-file.ts";
import { checkSenders } from "../../src/storage/sqlite/maintain/check-senders.ts";
import { openDatabase } from "../../src/storage/sqlite/database.ts";
import { createIndexer } from "../../src/storage/sqlite/index/indexer.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { createQueries } from "../../src/storage/sqlite/read/queries.ts";
import { message, temporaryFolder } from "../support/store.ts";

// The last ones sort apart by UTF-8 bytes and by UTF-16 units, as senders of an adopted table may.
const SENDERS = ["+1", "+19", "+2", "\uFB00", "\u{1F600}"] as const;
const NOW = "2025-01-15T10:00:00.000Z";

function someMessages(count: number, prefix: string): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    // The first sender has more rows than a slice takes.
    message(`${prefix}${index}`, { from: SENDERS[index % 3 === 0 ? index % 5 : 0] ?? "", ts: `2025-01-1${index % 4}T1${index % 7}:00:00Z` }),
  );
}

function compareReads(db: DatabaseSync, stored: readonly Message[], place: string): void {
  const queries = createQueries(db);
  const counts = SENDERS.map((from) => ({ from, count: stored.filter((one) => one.from === from).length }));
  assert.deepEqual(new Set(queries.stats().messages_per_sender), new Set(counts.filter(({ count }) => count > 0)), place);
  assert.equal(queries.stats().senders_count, counts.filter(({ count }) => count > 0).length, place);
  for (const { from, count } of counts) {
    const ids = stored.filter((one) => one.from === from).sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : a.messageId < b.messageId ? -1 : 1)).map((one) => one.messageId);
    const offset = Math.max(0, count - 20);
    const page = queries.list({ from, limit: 100, offset });
    assert.deepEqual([page.total, page.data.map((row) => row.message_id)], [count, ids.slice(offset)], `${place}, ${from}`);
    const since = "2025-01-12T13:00:00Z";
    assert.equal(queries.list({ from, since, limit: 1, offset: 0 }).total, stored.filter((one) => one.from === from && one.ts >= since).length, `${place}, ${from} since`);
  }
  for (const check of [checkMarks, checkCounters, checkSenders]) {
    const finding = check(db, () => {});
    assert.ok(finding.ok, `${place}: ${finding.detail}`);
  }
}

function write(writer: Pick<ReturnType<typeof createBatchWriter>, "write">, messages: readonly Message[]): void {
  writer.write(messages.flatMap((one) => [one.messageId, one.from, one.to, one.ts, one.text]), NOW);
}

test("reads and checks are exact at every place of a round, across restarts and with rows that come meanwhile", (t) => {
  const path = join(temporaryFolder(t), "app.db");
  using db = openDatabase(path);
  using reader = openDatabase(path, { readOnly: true });
  migrate(db);
  const stored: Message[] = [...someMessages(3_000, "a")];
  write(createBatchWriter(db, { indexer: createIndexer(db) }), stored);

  const places = new Set<string>();
  for (let restart = 0, behind = true; behind; restart += 1) {
    assert.ok(restart < 100);
    // As after a kill: nothing is known but what the database has.
    const writer = createBatchWriter(db, { indexer: createIndexer(db) });
    if (restart < 3) {
      const more = someMessages(300, `r${restart}-`);
      write(writer, more);
      stored.push(...more);
    }
    behind = writer.catchUp();
    const state = db.prepare("SELECT sender_mark, round_mark, reached_sender FROM index_state").get();
    places.add(JSON.stringify(state));
    compareReads(reader, stored, JSON.stringify(state));
  }
  assert.ok(places.size >= 5, [...places].join());
});

test("a slice that is rolled back is taken again", (t) => {
  using db = openDatabase(join(temporaryFolder(t), "app.db"));
  migrate(db);
  const stored = someMessages(1_200, "a");
  const indexer = createIndexer(db);
  write(createBatchWriter(db, { indexer }), stored);
  for (let step = 0; indexer.isBehind(); step += 1) {
    db.exec("BEGIN IMMEDIATE");
    indexer.step();
    const committed = step % 2 === 1;
    db.exec(committed ? "COMMIT" : "ROLLBACK");
    indexer.settle(committed);
    compareReads(db, stored, `step ${step}`);
  }
});
