import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lifetime } from "../../support/cleanup.ts";
import { sweep } from "../../support/sweep.ts";
import { createMemoryEngine } from "./memory-engine.ts";
import { CONTRACT, createRunner } from "./suite.ts";
import { WRONG_READS } from "./wrong-reads.ts";
import { WRONG_WRITES } from "./wrong-writes.ts";

const WRONG_ENGINES = [...WRONG_WRITES, ...WRONG_READS];

test("for each promise there is an engine that breaks it", () => {
  const promised = CONTRACT.map(({ promise }): string => promise);
  assert.deepEqual(new Set(WRONG_ENGINES.map(({ promise }): string => promise)), new Set(promised));
});

// Concurrently, because some cases wait for something that never happens.
test("the cases of a promise fail for an engine that breaks it", { concurrency: 8 }, async (t) => {
  await Promise.all(sweep(t, WRONG_ENGINES, { every: 4 }).map(({ promise, fault, open }) => t.test(`${promise}: it ${fault}`, async (t) => {
    // A wrong engine may even fail to close.
    const lifetime: Lifetime = { after: (release) => t.after(() => release().catch(() => undefined)) };
    const run = await createRunner(createMemoryEngine("wrong", open), lifetime);
    for (const one of CONTRACT) {
      if (one.promise !== promise) continue;
      const isHeld = await run(one, lifetime).then(() => true, () => false);
      if (!isHeld) return;
    }
    assert.fail("no case has failed");
  })));
});
