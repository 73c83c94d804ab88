import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKPOINT_FRAMES, createWriterCheckpoints } from "../../../src/storage/sqlite/write/checkpoints.ts";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { message, openTestStore, temporaryFolder } from "../../support/store.ts";

test("once another connection has copied most frames of a checkpoint, the writer copies the last ones, and the WAL starts over", (t) => {
  const path = `${temporaryFolder(t)}/app.db`;
  using writer = openDatabase(path);
  using behind = openDatabase(path);
  using reader = openDatabase(path, { readOnly: true });
  const checkpoints = createWriterCheckpoints(writer);
  writer.exec("CREATE TABLE pages (content BLOB)");
  const write = writer.prepare("INSERT INTO pages VALUES (zeroblob(?))");

  write.run(CHECKPOINT_FRAMES * 4096);
  assert.ok(checkpoints.waitingFrames() >= CHECKPOINT_FRAMES);
  assert.equal(checkpoints.isLastDue(), false, "most frames are left to the other connection");

  // Its snapshot stops the copy at the same frame as the writer's next commits would.
  reader.exec("BEGIN; SELECT count(*) FROM pages");
  write.run(1);
  behind.exec("PRAGMA wal_checkpoint(PASSIVE)");
  reader.exec("COMMIT");
  assert.ok(checkpoints.waitingFrames() > 0);
  assert.equal(checkpoints.isLastDue(), true);

  checkpoints.copyLast();
  assert.equal(checkpoints.waitingFrames(), 0);
  write.run(1);
  assert.ok(checkpoints.waitingFrames() < 10);
  assert.equal(checkpoints.isLastDue(), false);
});

test("the observer gets each checkpoint that runs beside the writer", async (t) => {
  const checkpointed = Promise.withResolvers<readonly [pages: number, seconds: number]>();
  const observer = { committed: () => {}, commitFailed: () => {}, removed: () => {} };
  const { store } = await openTestStore(t, { observer: { ...observer, checkpointed: (...checkpoint) => checkpointed.resolve(checkpoint) } });
  const payload = JSON.stringify("x".repeat(1_000_000));
  await store.insertAll(Array.from({ length: 20 }, (_, index) => ({ ...message(`m${index}`), payload })));
  const [pages, seconds] = await checkpointed.promise;
  assert.ok(pages >= CHECKPOINT_FRAMES && seconds > 0, `${pages} pages, ${seconds} s`);
});
