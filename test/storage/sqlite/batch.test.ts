import assert from "node:assert/strict";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { test } from "node:test";
import { type BatchWriter, createBatchWriter, type FlatBatch } from "../../../src/storage/sqlite/write/batch.ts";
import { CommitInDoubt, isInputOutputError } from "../../../src/storage/sqlite/database.ts";
import { migrate } from "../../../src/storage/sqlite/migrations.ts";

const IOERR_FSYNC = 1034;
const NOW = "2025-01-15T10:00:01.000Z";

/** A database whose n-th COMMIT succeeds and then reports a failed sync, like SQLite if the frames are already in the WAL. */
class FailingDatabase extends DatabaseSync {
  failAt = Infinity;

  override prepare(sql: string): StatementSync {
    const statement = super.prepare(sql);
    if (sql !== "COMMIT") return statement;
    const commit = statement.run.bind(statement);
    statement.run = () => {
      const result = commit();
      this.failAt -= 1;
      if (this.failAt === 0) throw Object.assign(new Error("disk I/O error"), { errcode: IOERR_FSYNC });
      return result;
    };
    return statement;
  }
}

function open(): { readonly db: FailingDatabase; readonly writer: BatchWriter } {
  const db = new FailingDatabase(":memory:");
  migrate(db);
  return { db, writer: createBatchWriter(db) };
}

function batch(id: string): FlatBatch {
  return [id, "+1", "+2", "2025-01-15T10:00:00Z", null];
}

function ids(db: DatabaseSync): readonly unknown[] {
  return db.prepare("SELECT message_id FROM messages ORDER BY seq").all().map((row) => row["message_id"]);
}

test("after an I/O error at COMMIT the commit is in doubt, and nothing more is written", () => {
  const { db, writer } = open();
  writer.write(batch("before"), NOW);
  db.failAt = 1;
  assert.throws(() => writer.write(batch("in doubt"), NOW), (error) => error instanceof CommitInDoubt && isInputOutputError(error.cause));
  const after = (work: () => unknown): void => assert.throws(work, (error) => isInputOutputError(error) && !(error instanceof CommitInDoubt));
  after(() => writer.write(batch("after"), NOW));
  after(() => writer.probe(NOW));
  assert.deepEqual(ids(db), ["before", "in doubt"]);
});
