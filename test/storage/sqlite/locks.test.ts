import assert from "node:assert/strict";
import { test } from "node:test";
import { indexLocation } from "../../../src/storage/sqlite/index/schema.ts";
import { otherConnection } from "../../support/database.ts";
import { message, openTestStore, untilIndexed } from "../../support/store.ts";
import { ONLY_IN_FULL_RUN, oneOfMany } from "../../support/sweep.ts";

/** A stop that waited for a lock would outlast the test. */
const FOREVER = { busyTimeoutMs: 3_600_000 };

for (const [index, lock] of ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"].entries()) {
  test(`a stop does not wait for another process that has done ${lock}: what waits for its lock is unavailable`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const { store, path, fatal } = await openTestStore(t, FOREVER);
    await store.insert(message("m1"));
    const other = otherConnection(t, path);
    other.exec(lock);
    const inserting = store.insert(message("m2"));
    assert.equal((await store.check()).length, 1, "it waits");
    await store.close();
    assert.equal(await inserting, "unavailable");
    assert.deepEqual(fatal, []);
    other.exec("ROLLBACK");
    const next = await openTestStore(t, { path });
    assert.deepEqual([await next.store.insert(message("m1")), await next.store.insert(message("m2"))], ["duplicate", "created"]);
  });
}

test("a stop does not wait for another process that writes to the index", ONLY_IN_FULL_RUN, async (t) => {
  const { store, path, fatal } = await openTestStore(t, FOREVER);
  await store.insert(message("m1"));
  await untilIndexed(store);
  otherConnection(t, indexLocation(path)).exec("BEGIN IMMEDIATE");
  await store.insert(message("m2"));
  const erasing = store.erase({ messageId: "m1" });
  assert.deepEqual(await store.check(), [], "messages do not depend on the index");
  await store.close();
  await erasing.catch(() => undefined);
  assert.deepEqual(fatal, []);
});

test("a delivery that meets another process's lock is stored once that is released", async (t) => {
  const { store, path, failures } = await openTestStore(t);
  const other = otherConnection(t, path);
  other.exec("BEGIN IMMEDIATE");
  const inserting = store.insertAll([message("m1"), message("m2")]);
  // Which takes two seconds: longer than SQLite waits at a time.
  assert.equal((await store.check()).length, 1);
  other.exec("ROLLBACK");
  assert.deepEqual(await inserting, ["created", "created"]);
  assert.deepEqual(failures, []);
});
