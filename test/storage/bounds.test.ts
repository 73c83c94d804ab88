import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { StoreUnavailable } from "../../src/core/store.ts";
import { message, openTestStore } from "../support/store.ts";

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
