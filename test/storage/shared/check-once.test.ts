import assert from "node:assert/strict";
import { test } from "node:test";
import { createCheckOnce } from "../../../src/storage/shared/check-once.ts";

test("checks that come while a proof is in progress share it, later ones make another", async () => {
  const proofs: PromiseWithResolvers<readonly string[]>[] = [];
  const check = createCheckOnce(() => {
    const proof = Promise.withResolvers<readonly string[]>();
    proofs.push(proof);
    return proof.promise;
  });
  const shared = [check(), check()];
  proofs[0]?.resolve(["full"]);
  assert.deepEqual(await Promise.all(shared), [["full"], ["full"]]);
  const next = check();
  proofs[1]?.resolve([]);
  assert.deepEqual([await next, proofs.length], [[], 2]);
});

test("a proof that fails is a reason", async () => {
  const check = createCheckOnce(() => Promise.reject(new Error("the disk is full")));
  assert.deepEqual([await check(), await check()], [["the disk is full"], ["the disk is full"]]);
});

test("a proof that hangs is a reason once its time is over, for those that come later too, and holds once it ends", async () => {
  const proof = Promise.withResolvers<readonly string[]>();
  const check = createCheckOnce(() => proof.promise, { deadlineMs: 1 });
  for (let round = 0; round < 2; round += 1) assert.deepEqual(await check(), ["the database did not answer within 1 ms"]);
  const checked = check();
  proof.resolve([]);
  assert.deepEqual(await checked, []);
});
