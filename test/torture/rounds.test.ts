import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { createHarness } from "../../scripts/torture/harness.ts";
import { indexRounds } from "../../scripts/torture/index-rounds.ts";
import { neighbourRound } from "../../scripts/torture/neighbours.ts";
import { MAIN } from "../cli/main.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";

test("if the index is deleted and damaged under load, no delivery is refused, and reads become right again without help", async (t) => {
  const harness = createHarness({ main: MAIN, env: COMPILE_CACHE, folder: temporaryFolder(t), connections: 16, random: seededRandom(9) });
  const lines: string[] = [];
  await indexRounds(harness, { rounds: 1, loadMs: [200, 400], say: (line) => lines.push(line) });
  assert.deepEqual(harness.problems, []);
  assert.equal(lines.length, 1);
  assert.ok(harness.ledger.count("stored") > 0);
});

test("second processes and other readers that start and stop do no harm", async (t) => {
  const harness = createHarness({ main: MAIN, env: COMPILE_CACHE, folder: temporaryFolder(t), connections: 8, random: seededRandom(10) });
  const lines: string[] = [];
  await neighbourRound(harness, { events: 6, say: (line) => lines.push(line) });
  assert.deepEqual(harness.problems, []);
  assert.equal(lines.length, 1);
  assert.ok(harness.rows() > 0);
});
