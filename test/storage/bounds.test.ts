import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { StoreUnavailable } from "../../src/core/store.ts";
import { MAX_WAITING_MESSAGES } from "../../src/storage/shared/group-commit.ts";
import { message, openTestStore } from "../support/store.ts";

test("so many messages wait for their commit, further ones are unavailable at once and not stored", async (t) => {
  const { store } = await openTestStore(t);
  const outcomes = await Promise.all(Array.from({ length: MAX_WAITING_MESSAGES + 10 }, (_, index) => store.insert(message(`m${index}`))));
  assert.deepEqual(outcomes.slice(MAX_WAITING_MESSAGES), Array(10).fill("unavailable"));
  assert.deepEqual(new Set(outcomes.slice(0, MAX_WAITING_MESSAGES)), new Set(["created"]));
  assert.equal((await store.list({ limit: 1, offset: 0 })).total, MAX_WAITING_MESSAGES);
  assert.equal(await store.insert(message("later")), "created");
});

for (const [title, q] of [["lookups", undefined], ["searches", "hello"]] as const) {
  test(`128 ${title} wait, further ones are refused at once, and the others answered`, async (t) => {
    const { store } = await openTestStore(t);
    await store.insert(message("m1"));
    const reads = await Promise.allSettled(Array.from({ length: 140 }, () => store.list({ limit: 1, offset: 0, ...(q !== undefined && { q }) })));
    assert.deepEqual(reads.map(({ status }) => status), [...Array(128).fill("fulfilled"), ...Array(12).fill("rejected")]);
    for (const read of reads) if (read.status === "rejected") assert.ok(read.reason instanceof StoreUnavailable);
    assert.equal((await store.list({ limit: 1, offset: 0 })).total, 1);
  });
}

test("while all places for reads are taken the store is still ready for messages", async (t) => {
  const { store } = await openTestStore(t);
  let checking = true;
  let refused = 0;
  async function readAgainAndAgain(): Promise<void> {
    while (checking) {
      await store.list({ limit: 1, offset: 0 }).catch(() => (refused += 1));
      await setImmediate();
    }
  }
  const readers = Array.from({ length: 400 }, readAgainAndAgain);
  const reasons: string[] = [];
  for (let check = 0; check < 5; check += 1) reasons.push(...(await store.check()));
  checking = false;
  await Promise.all(readers);
  assert.deepEqual(reasons, []);
  assert.ok(refused > 0);
});
