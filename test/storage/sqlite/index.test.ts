import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { openMessageIndex, type MessageIndex } from "../../../src/storage/sqlite/index/message-index.ts";
import { indexLocation } from "../../../src/storage/sqlite/index/schema.ts";
import { createBatchWriter } from "../../../src/storage/sqlite/write/batch.ts";
import { atEnd } from "../../support/cleanup.ts";
import { createDatabase, indexAll, assertSound, sampleMessages } from "../../support/derived-database.ts";
import { temporaryFolder } from "../../support/store.ts";
import { oneOfMany, sweep } from "../../support/sweep.ts";
import { flat, openStoppedReader, READS, withoutIndex } from "./index-model.ts";

const NOW = "2025-01-15T10:00:01.000Z";

function openIndex(t: TestContext, path: string): MessageIndex {
  const index = openMessageIndex({ location: indexLocation(path), database: path, busyTimeoutMs: 1_000 });
  atEnd(t, () => index.close());
  return index;
}

test("reads are exact whatever happens between their snapshots of the index and of the messages", (t) => {
  const messages = sampleMessages(400);
  const path = createDatabase(t, messages.slice(0, 100), { indexed: true });
  const db = openDatabase(path);
  const reader = openStoppedReader(path);
  const index = openIndex(t, path);
  const writer = createBatchWriter(db);
  let written = 100;
  function write(): void {
    writer.write(flat(messages.slice(written, written + 20)), NOW);
    written += 20;
  }
  let removal: number | undefined;
  const exclude = (...seqs: number[]) => (): void => void (removal = index.exclude(seqs));
  const remove = (...seqs: number[]) => (): void => void writer.remove({ seqs, removal });
  const forget = (...seqs: number[]) => (): void => index.forget(seqs);
  const step = (): void => void index.step();
  const all = (...actions: (() => void)[]) => (): void => actions.forEach((action) => action());

  const actions: readonly (readonly [name: string, action: () => void])[] = [
    ["nothing", () => undefined],
    ["a commit", write],
    ["a step", step],
    ["a commit and a step", all(write, step)],
    ["a commit without a step", write],
    ["an exclusion of rows, indexed or not", exclude(5, 6, 7, 139, 140)],
    ["a step past excluded rows", all(write, step)],
    ["a removal of excluded rows", remove(5, 6, 7, 139, 140)],
    ["the index forgets removed rows", forget(5, 6, 7, 139, 140)],
    ["a complete removal", all(exclude(20, 21), remove(20, 21), forget(20, 21))],
    ["a complete removal of rows that are excluded one by one", all(exclude(30), exclude(31), remove(30), remove(31), forget(30, 31))],
    ["two removals with a commit and a step between them", all(exclude(40), remove(40), write, step, exclude(41), remove(41))],
    ["an exclusion without a removal", exclude(50, 51)],
    ["commits and a step up to the last row", all(write, write, write, step, write)],
  ];
  for (const [name, action] of actions) {
    // For the first read it happens between the snapshots, for the others before.
    for (const [turn, read] of READS.entries()) {
      if (turn === 0) reader.between(action);
      const found = read(reader.queries);
      assert.deepEqual(found, withoutIndex(path, read), `${name}, read ${turn}`);
    }
  }
  assert.deepEqual(reader.faults, []);
  reader.close();
  db.close();
});

test("each kind of read is exact if a complete removal happens between its snapshots", (t) => {
  const path = createDatabase(t, sampleMessages(200), { indexed: true });
  const db = openDatabase(path);
  const index = openIndex(t, path);
  const writer = createBatchWriter(db);
  const reader = openStoppedReader(path);
  READS.forEach((read, turn) => {
    const seqs = [10, 11, 12, 13, 14, 15, 16].map((seq) => seq + 10 * turn);
    reader.between(() => {
      const removal = index.exclude(seqs);
      writer.remove({ seqs, removal });
      index.forget(seqs);
    });
    const found = read(reader.queries);
    assert.deepEqual(found, withoutIndex(path, read), `read ${turn}`);
  });
  assert.deepEqual(reader.faults, []);
  reader.close();
  db.close();
});

test("rows that a killed process excluded but did not remove are indexed again after the next start", async (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  {
    using index = new DatabaseSync(indexLocation(path));
    const killed = openMessageIndex({ location: indexLocation(path), database: path, busyTimeoutMs: 1_000 });
    killed.exclude([3, 4, 5]);
    assert.equal(index.prepare("SELECT count(*) AS n FROM excluded_messages").get()?.["n"], 3);
  }
  indexAll(path);
  using index = new DatabaseSync(indexLocation(path));
  assert.equal(index.prepare("SELECT count(*) AS n FROM excluded_messages").get()?.["n"], 0);
  await assertSound(t, path);
});

/** Changes to the files while the service is stopped; the index must be rebuilt, and report why. */
const MISFITS: readonly (readonly [title: string, change: (path: string) => void])[] = [
  ["a row was changed", (path) => run(path, "UPDATE messages SET text = 'other' WHERE seq = 3")],
  ["a row was deleted", (path) => run(path, "DELETE FROM messages WHERE seq = 3")],
  ["the last row was deleted", (path) => run(path, "DELETE FROM messages WHERE seq = 100")],
  ["the database was replaced", (path) => run(path, "UPDATE store_state SET generation = 'other'")],
  ["rows were removed without the index", (path) => run(path, "UPDATE store_state SET removals = 1")],
  ["the system crashed while it was open", (path) => run(indexLocation(path), "UPDATE index_state SET boot = 'an earlier one'")],
  ["its version is another one", (path) => run(indexLocation(path), "PRAGMA user_version = 77")],
  ["its state is missing", (path) => run(indexLocation(path), "DELETE FROM index_state")],
  ["a table is missing", (path) => run(indexLocation(path), "DROP TABLE time_counts")],
  ["it is not a database", (path) => writeFileSync(indexLocation(path), "x".repeat(5_000))],
];

function run(path: string, sql: string): void {
  using db = new DatabaseSync(path);
  db.exec(sql);
}

for (const [index, [title, change]] of MISFITS.entries()) {
  test(`the index is rebuilt if ${title}; reads are exact before and after`, { skip: oneOfMany(index, { every: 5 }) }, async (t) => {
    const path = createDatabase(t, sampleMessages(100), { indexed: true });
    change(path);
    const reader = openStoppedReader(path);
    const compare = (when: string): void => READS.forEach((read, turn) => assert.deepEqual(read(reader.queries), withoutIndex(path, read), `${when}, read ${turn}`));
    const index = openIndex(t, path);
    if (title !== "the system crashed while it was open") compare("before");
    reader.queries.attachIndex(indexLocation(path));
    const { fault, unindexed } = index.step();
    assert.equal(typeof fault, "string");
    assert.equal(unindexed, 0);
    compare("after");
    reader.close();
    await assertSound(t, path);
  });
}

/** The complaint of a complete check; undefined if there is none. */
function complaintOf(index: MessageIndex): string | undefined {
  let { complaint, next } = index.check();
  while (next !== undefined) ({ complaint, next } = index.check(next));
  return complaint;
}

test("reads stay exact if any page of the index is damaged, and the damage is repaired", { timeout: 60_000 }, async (t) => {
  const source = createDatabase(t, sampleMessages(300), { indexed: true });
  const bytes = readFileSync(indexLocation(source));
  const pages = bytes.length / 4096;
  assert.ok(pages > 10, String(pages));
  for (const page of sweep(t, Array.from({ length: pages }, (_, index) => index), { every: 9 })) {
    const path = `${source}.${page}`;
    cpSync(source, path);
    const damaged = Buffer.from(bytes);
    damaged.fill(page % 2 === 0 ? 0 : 0xa5, page * 4096, (page + 1) * 4096);
    writeFileSync(indexLocation(path), damaged);
    const reader = openStoppedReader(path);
    READS.forEach((read, turn) => assert.deepEqual(read(reader.queries), withoutIndex(source, read), `page ${page}, read ${turn}`));
    reader.close();
    const index = openMessageIndex({ location: indexLocation(path), database: path, busyTimeoutMs: 1_000 });
    if (reader.faults.length > 0 || complaintOf(index) !== undefined) index.reset();
    while (index.step().unindexed > 0);
    index.close();
    await assertSound(t, path);
  }
});

test("a row that another program inserts before the first one is noticed by the count of all rows", (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  const index = openIndex(t, path);
  index.exclude([7]);
  assert.equal(complaintOf(index), undefined);
  run(path, "INSERT INTO messages VALUES (-5, 'other', '+1', '+2', '2025-01-11T10:00:00Z', 'x', 'now')");
  assert.equal(typeof complaintOf(index), "string");
});

test("whether the index is open is recorded in the file itself, because a power cut may lose its WAL", (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  function bootInFile(): unknown {
    const alone = join(temporaryFolder(t), "alone");
    cpSync(indexLocation(path), alone);
    using db = new DatabaseSync(alone);
    return db.prepare("SELECT boot FROM index_state").get()?.["boot"];
  }
  assert.equal(bootInFile(), "");
  const index = openMessageIndex({ location: indexLocation(path), database: path, busyTimeoutMs: 1_000 });
  assert.notEqual(bootInFile(), "");
  index.close();
  assert.equal(bootInFile(), "");
});

test("an index whose file is deleted while it is open is rebuilt", async (t) => {
  const path = createDatabase(t, sampleMessages(100), { indexed: true });
  const index = openIndex(t, path);
  for (const suffix of ["", "-wal", "-shm"]) rmSync(indexLocation(path) + suffix, { force: true });
  assert.equal(typeof index.step().fault, "string");
  assert.equal(index.step().fault, undefined);
  assert.ok(existsSync(indexLocation(path)));
  await assertSound(t, path);
});
