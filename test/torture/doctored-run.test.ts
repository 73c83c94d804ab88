import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { createHarness } from "../../scripts/torture/harness.ts";
import { killRounds } from "../../scripts/torture/rounds.ts";
import { MAIN } from "../cli/main.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";
import { shortened, startDoctor, type Doctor } from "./doctor.ts";

const DOCTORED: readonly (readonly [string, Doctor, string])[] = [
  ["the lists of senders lack a message", (target, body) => (target.includes("from=") ? shortened(body) : body), "list"],
  ["searches lack a message", (target, body) => (target.includes("q=") ? shortened(body) : body), "search"],
  ["the total is not that of the rows", (target, body) => (target === "/messages?limit=1" ? shortened(body) : body), "counters"],
  ["the gauge is not that of the rows", (_, body) => body.replace(/^(webhook_stored_messages) .*/m, "$1 1"), "counters"],
  ["a message reads otherwise", (target, body) => (/^\/messages\/./.test(target) ? body.replace('"to":"+1', '"to":"+2') : body), "read"],
];

test("the check finds what a service says wrongly, and of what kind it is; what is right a moment later is a repair", async (t) => {
  const harness = createHarness({ main: MAIN, env: COMPILE_CACHE, folder: temporaryFolder(t), connections: 8, random: seededRandom(12) });
  await killRounds(harness, { rounds: 1, loadMs: [200, 300], say: () => undefined });
  const { service, url } = await harness.startUp("doctored");
  const doctor: { change: Doctor } = { change: (_, body) => body };
  const doctored = await startDoctor(t, url, doctor);
  await harness.check("as it is", doctored);
  assert.equal(harness.problems.map(({ what }) => what).join("\n"), "");
  for (const [title, change, kind] of DOCTORED) {
    const known = harness.problems.length;
    doctor.change = change;
    await harness.check(title, doctored);
    assert.deepEqual([...new Set(harness.problems.slice(known).map(({ what }) => what.slice(0, what.indexOf(":"))))], [kind], title);
  }

  const known = harness.problems.length;
  let wrong = 2;
  doctor.change = (target, body) => (target === "/messages?limit=1" && wrong-- > 0 ? shortened(body) : body);
  assert.ok((await harness.checkRepaired("repaired", doctored)) > 0);
  assert.equal(await harness.checkRepaired("right", doctored), 0);
  assert.equal(harness.problems.length, known);
  service.signal("SIGTERM");
  await service.exited;
});
