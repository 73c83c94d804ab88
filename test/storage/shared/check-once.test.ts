import assert from "node:assert/strict";
import { test } from "node:test";
import { createCheckOnce } from "../../../src/storage/shared/check-once.ts";

test("checks during a running probe share its result, and a later check starts another probe", async () => {
  const probes: PromiseWithResolvers<readonly string[]>[] = [];
  const check = createCheckOnce(() => {
    const probe = Promise.withResolvers<readonly string[]>();
    probes.push(probe);
    return probe.promise;
  });
  const shared = [check(), check()];
  probes[0]?.resolve(["full"]);
  assert.deepEqual(await Promise.all(shared), [["full"], ["full"]]);
  const next = check();
  probes[1]?.resolve([]);
  assert.deepEqual([await next, probes.length], [[], 2]);
});

test("a probe that fails is a reason not to be ready", async () => {
  const check = createCheckOnce(() => Promise.reject(new Error("the disk is full")));
  assert.deepEqual([await check(), await check()], [["the disk is full"], ["the disk is full"]]);
});

test("a probe that hangs is a reason after its deadline, also for later checks, until it ends", async () => {
  const probe = Promise.withResolvers<readonly string[]>();
  const check = createCheckOnce(() => probe.promise, { deadlineMs: 1 });
  for (let round = 0; round < 2; round += 1) assert.deepEqual(await check(), ["the database did not respond within 1 ms"]);
  const checked = check();
  probe.resolve([]);
  assert.deepEqual(await checked, []);
});
