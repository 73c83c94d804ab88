import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../scripts/bench/messages.ts";
import { createHarness } from "../../scripts/torture/harness.ts";
import { killRounds } from "../../scripts/torture/rounds.ts";
import { MAIN } from "../cli/main.ts";
import { COMPILE_CACHE } from "../support/compile-cache.ts";
import { temporaryFolder } from "../support/store.ts";
import { shortened, startTamperingProxy, type ChangeBody } from "./tampering-proxy.ts";

const DOCTORED: readonly (readonly [string, ChangeBody, string])[] = [
  ["the lists of senders lack a message", (target, body) => (target.includes("from=") ? shortened(body) : body), "list"],
  ["searches lack a message", (target, body) => (target.includes("q=") ? shortened(body) : body), "search"],
  ["the total is wrong", (target, body) => (target === "/messages?limit=1" ? shortened(body) : body), "counters"],
  ["the gauge is wrong", (_, body) => body.replace(/^(webhook_stored_messages) .*/m, "$1 1"), "counters"],
  ["a message has another recipient", (target, body) => (/^\/messages\/./.test(target) ? body.replace('"to":"+1', '"to":"+2') : body), "read"],
];

test("the check finds wrong responses of a service and their kind; a response that is right a moment later counts as repaired", async (t) => {
  const harness = createHarness({ main: MAIN, env: COMPILE_CACHE, folder: temporaryFolder(t), connections: 8, random: seededRandom(12) });
  await killRounds(harness, { rounds: 1, loadMs: [200, 300], say: () => undefined });
  const { service, url } = await harness.startUp("doctored");
  const tampering: { change: ChangeBody } = { change: (_, body) => body };
  const doctored = await startTamperingProxy(t, url, tampering);
  await harness.check("unchanged", doctored);
  assert.equal(harness.problems.map(({ what }) => what).join("\n"), "");
  for (const [title, change, kind] of DOCTORED) {
    const known = harness.problems.length;
    tampering.change = change;
    await harness.check(title, doctored);
    assert.deepEqual([...new Set(harness.problems.slice(known).map(({ what }) => what.slice(0, what.indexOf(":"))))], [kind], title);
  }

  const known = harness.problems.length;
  let wrong = 2;
  tampering.change = (target, body) => (target === "/messages?limit=1" && wrong-- > 0 ? shortened(body) : body);
  assert.ok((await harness.checkRepaired("repaired", doctored)) > 0);
  assert.equal(await harness.checkRepaired("right", doctored), 0);
  assert.equal(harness.problems.length, known);
  service.signal("SIGTERM");
  await service.exited;
});
