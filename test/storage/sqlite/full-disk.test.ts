import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import type { InsertOutcome } from "../../../src/core/store.ts";
import { CommitInDoubt, isFull, openDatabase } from "../../../src/storage/sqlite/database.ts";
import { migrate } from "../../../src/storage/sqlite/migrations.ts";
import { createBatchWriter, CREATED } from "../../../src/storage/sqlite/write/batch.ts";
import { mountDisk, SKIP_WITHOUT_DISK } from "../../support/disk.ts";
import { message, type OpenedStore, openTestStore, temporaryFolder } from "../../support/store.ts";
import { SKIP_IN_SHORT_RUN, sweep } from "../../support/sweep.ts";
import { until } from "../../support/until.ts";

const NOW = "2025-01-15T10:00:00.000Z";
const TEXT = "x".repeat(1_500);
/** A delivery of three messages takes two or three pages. */
const MAX_PAGES = 25;

/** Stores deliveries until one is refused, makes room, and checks that the store continues. */
async function fillAndContinue({ store, fatal }: OpenedStore, makeRoom: () => void): Promise<void> {
  const created: string[] = [];
  let refused: readonly InsertOutcome[] = [];
  for (let number = 0; refused.length === 0; number += 1) {
    assert.ok(number < 200, "the limit is reached");
    const ids = [1, 2, 3].map((index) => `m${number}.${index}`);
    const outcomes = await store.insertAll(ids.map((id) => ({ ...message(id, { text: TEXT }), payload: "{}" })));
    if (outcomes[0] === "created") created.push(...ids);
    else refused = outcomes;
  }
  assert.deepEqual(refused, ["unavailable", "unavailable", "unavailable"]);
  assert.equal((await store.list({ limit: 1, offset: 0 })).total, created.length);

  makeRoom();
  assert.deepEqual(await store.check(), []);
  assert.deepEqual(await store.insertAll([message("later"), message("m0.1", { text: TEXT })]), ["created", created.length > 0 ? "duplicate" : "created"]);
  for (const id of [...created, "later"]) assert.equal((await store.get(id))?.message_id, id);
  await store.close();
  assert.deepEqual(fatal, []);
}

test("whichever page cannot be allocated, the store refuses to open, or it refuses the whole delivery and continues once there is room", async (t) => {
  let opened = 0;
  for (const pages of sweep(t, Array.from({ length: MAX_PAGES }, (_, index) => index + 1), { every: 12 })) {
    const path = join(temporaryFolder(t), "app.db");
    using other = new DatabaseSync(path, { timeout: 5_000 });
    other.exec("CREATE TABLE filler (content BLOB); INSERT INTO filler VALUES (zeroblob(4096 * 100))");
    const maxPageCount = Number(other.prepare("PRAGMA page_count").get()?.["page_count"]) + pages;
    const store = await openTestStore(t, { path, maxPageCount }).catch((error: unknown) => {
      assert.match(String(error), /its disk must have free space/);
      return undefined;
    });
    if (store === undefined) continue;
    opened += 1;
    await fillAndContinue(store, () => other.exec("DROP TABLE filler"));
  }
  assert.ok(opened > 1, `${opened} stores opened`);
});

test("the same holds on a real disk, for each number of free pages", { skip: SKIP_WITHOUT_DISK || SKIP_IN_SHORT_RUN }, async (t) => {
  for (const pages of sweep(t, Array.from({ length: MAX_PAGES }, (_, index) => index), { every: 8 })) {
    const disk = mountDisk(t);
    const store = await openTestStore(t, { path: join(disk.folder, "app.db") });
    disk.leave(pages);
    await fillAndContinue(store, () => disk.leave(1_000));
  }
});

test("a store can be closed on a full disk, and the next process has the messages that were created", { skip: SKIP_WITHOUT_DISK }, async (t) => {
  const disk = mountDisk(t);
  const path = join(disk.folder, "app.db");
  const { store, fatal } = await openTestStore(t, { path });
  await store.insertAll(Array.from({ length: 50 }, (_, index) => message(`m${index}`, { text: TEXT })));
  await until("everything is indexed, so that nothing else is written", () => store.maintenance().unindexedMessages === 0);
  disk.leave(0);
  assert.equal(await store.insert(message("refused", { text: TEXT })), "unavailable");
  await store.close();
  assert.deepEqual(fatal, []);
  disk.leave(1_000);
  const next = await openTestStore(t, { path });
  assert.equal((await next.store.list({ limit: 1, offset: 0 })).total, 50);
});

/** Writes until just before frame 4,063, at which the -shm file grows. A reader keeps a checkpoint from restarting the WAL before that. */
function writerBeforeGrowth(t: TestContext, path: string): (id: string) => Uint8Array {
  const db = openDatabase(path);
  migrate(db);
  const reader = new DatabaseSync(path, { readOnly: true });
  reader.exec("BEGIN; SELECT * FROM messages");
  const writer = createBatchWriter(db);
  const write = (id: string): Uint8Array => writer.write([id, "+1", "+2", "2025-01-15T10:00:00Z", TEXT], NOW);
  const frames = db.prepare("PRAGMA wal_checkpoint(NOOP)");
  for (let number = 0; Number(frames.get()?.["log"]) < 4_056; number += 1) write(`m${number}`);
  t.after(() => {
    reader.close();
    db.close();
  });
  return write;
}

test("if the disk is full when the -shm file must grow, the error is a full disk, not a disk fault", { skip: SKIP_WITHOUT_DISK }, (t) => {
  let inDoubtCount = 0;
  for (const pages of sweep(t, Array.from({ length: 16 }, (_, index) => index), { every: 8 })) {
    const disk = mountDisk(t);
    const write = writerBeforeGrowth(t, join(disk.folder, "app.db"));
    disk.leave(pages);
    for (let number = 0; number < 4; number += 1) {
      try {
        write(`full${number}`);
      } catch (error) {
        const isInDoubt = error instanceof CommitInDoubt;
        assert.ok(isFull(isInDoubt ? error.cause : error), String(error));
        if (isInDoubt) inDoubtCount += 1;
      }
    }
    disk.leave(1_000);
    assert.deepEqual([...write("later")], [CREATED]);
  }
  assert.ok(inDoubtCount > 0);
});
