import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { createHarness } from "../../scripts/torture/harness.ts";
import { killRounds } from "../../scripts/torture/rounds.ts";
import { MAIN } from "../cli/main.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";

/** Damage to the file of a run, and the kinds of problems that the check must find. */
const DAMAGE: readonly (readonly [string, string, readonly string[]])[] = [
  ["lost", "DELETE FROM messages WHERE seq = 7", ["counters", "lost"]],
  ["changed", "UPDATE messages SET text = 'nobody sent this' WHERE seq = 8", ["changed"]],
  // The table that enforces one row per message is replaced by one that does not.
  ["doubled", "CREATE TABLE copy AS SELECT * FROM messages; DROP TABLE messages; ALTER TABLE copy RENAME TO messages; INSERT INTO messages SELECT seq + 1000000, message_id, from_msisdn, to_msisdn, ts, text, created_at FROM messages WHERE seq = 9", ["counters", "doubled"]],
];

test("the check of a run finds a row that is deleted from the file, changed or doubled", async (t) => {
  const folder = temporaryFolder(t);
  const harness = createHarness({ main: MAIN, env: COMPILE_CACHE, folder, connections: 8, random: seededRandom(11) });
  await killRounds(harness, { rounds: 1, loadMs: [200, 300], say: () => undefined });
  assert.equal(harness.problems.map(({ what }) => what).join("\n"), "");
  for (const [title, sql, expected] of DAMAGE) {
    const { service, url } = await harness.startUp(title);
    const known = harness.problems.length;
    {
      using db = new DatabaseSync(join(folder, "torture.db"), { timeout: 10_000 });
      db.exec(sql);
    }
    await harness.check(title, url);
    const kinds = new Set(harness.problems.slice(known).map(({ what }) => what.slice(0, what.indexOf(":"))));
    for (const kind of expected) assert.ok(kinds.has(kind), `${title}: ${[...kinds].join()}`);
    service.signal("SIGKILL");
    await service.exited;
  }
});
