import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SERVICE_FLAGS } from "../../scripts/bench/service.ts";
import { EX_CONFIG, EX_USAGE } from "../../src/cli/exit-status.ts";
import { SETTINGS } from "../../src/settings.ts";
import { temporaryFolder } from "../support/store.ts";
import { readRepositoryFile } from "./files.ts";

const SKIP_WITHOUT_SYSTEMD: string | false =
  spawnSync("systemd-analyze", ["--version"]).status === 0 ? false : "NOT TESTED: systemd-analyze is not installed (Debian: apt-get install systemd)";
const UNIT = readRepositoryFile("ops/systemd/webhook-inbox.service");

/** The values of a key in the unit, in the order of its lines. */
function values(key: string): readonly string[] {
  return Array.from(UNIT.matchAll(new RegExp(`^${key}=(.*)$`, "gm")), ([, value = ""]) => value);
}

test("the unit starts the service with the flags of the image", () => {
  assert.deepEqual(values("ExecStart"), [`/usr/local/bin/node ${SERVICE_FLAGS.join(" ")} /opt/webhook-inbox/dist/main.js`]);
});

test("systemd-analyze finds no fault in the unit, and rates its exposure as OK", { skip: SKIP_WITHOUT_SYSTEMD }, (t) => {
  const folder = temporaryFolder(t);
  // systemd-analyze checks that the program exists.
  const copy = join(folder, "webhook-inbox.service");
  writeFileSync(copy, UNIT.replaceAll("/usr/local/bin/node", process.execPath));
  for (const args of [["verify", copy], ["security", "--offline=yes", "--threshold=15", copy]]) {
    const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
    if (args[0] === "verify") assert.equal(stderr, "");
  }
});

test("the unit sets only valid settings, to valid values", () => {
  const rows = Object.values(SETTINGS);
  const pairs = values("Environment").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const);
  assert.deepEqual(pairs.map(([name]) => name), [SETTINGS.database.name, SETTINGS.secretFile.name]);
  assert.deepEqual(pairs.filter(([name, value]) => rows.find((row) => row.name === name)?.parse(value).ok !== true), []);
});

test("the database is in the StateDirectory of the unit", () => {
  const folder = `/var/lib/${values("StateDirectory")[0]}`;
  assert.deepEqual(values("WorkingDirectory"), [folder]);
  assert.ok(values("Environment").some((pair) => pair.startsWith(`${SETTINGS.database.name}=sqlite:///${folder}/`)));
});

test("the unit does not restart the service if its command line or a setting is invalid", () => {
  assert.deepEqual(values("Restart"), ["on-failure"]);
  assert.deepEqual(values("RestartPreventExitStatus"), [`${EX_USAGE} ${EX_CONFIG}`]);
});

test("the unit kills the service only after its own stop timeout", () => {
  assert.ok(Number(values("TimeoutStopSec")[0]) * 1000 > Number(SETTINGS.shutdownTimeoutMs.default));
});

test("a reload of the unit sends the signal that reloads the secrets", () => {
  assert.deepEqual(values("ExecReload"), ["/bin/kill -HUP $MAINPID"]);
});
