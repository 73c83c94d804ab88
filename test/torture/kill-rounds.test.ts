import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { createHarness } from "../../scripts/torture/harness.ts";
import { killRounds } from "../../scripts/torture/rounds.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

test("during a few kills under load no message with a 200 is lost, doubled or changed", async (t) => {
  const harness = createHarness({ main: MAIN, env: COMPILE_CACHE, folder: temporaryFolder(t), connections: 16, random: seededRandom(7) });
  const lines: string[] = [];
  await killRounds(harness, { rounds: 3, loadMs: [100, 400], say: (line) => lines.push(line) });
  assert.deepEqual(harness.problems, []);
  assert.equal(lines.length, 3);
  assert.ok(harness.ledger.count("stored") > 0);
  assert.ok(harness.rows() > 0);
});
