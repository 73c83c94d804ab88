/**
 * Runs the test files whose paths begin with one of the arguments; without arguments, every file except those that take longest.
 * `--full` runs every file with all its cases; `--coverage` prints which lines of src/ were run.
 */
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { shareChromium, SKIP_WITHOUT_BROWSER } from "../test/support/browser.ts";
import { sharePostgresData, SKIP_WITHOUT_POSTGRES } from "../test/support/postgres-data.ts";
import { casesLeftOut } from "../test/support/sweep.ts";
import { groupTests } from "./test-groups.ts";

/** A test that takes longer fails, so that a test that hangs is reported by name. */
const TIMEOUT_MS = 60_000;
/** How the paths of the slowest files begin. They run first, so that no CPU waits for one of them at the end. */
const SLOWEST = [
  "test/cli/forward-kill", "test/storage/sqlite/verify", "test/storage/sqlite/contract", "test/pages/", "test/storage/postgres/", "test/soak/",
  "test/torture/", "test/cli/",
];

/** The beginnings of the paths of files that only a full run includes, unless a path is given: each starts many processes or servers. */
const ONLY_IN_FULL_RUN = [
  "test/cli/forward-kill", "test/ops/two-receivers", "test/pages/layout", "test/postgres/primaries", "test/soak/",
  "test/storage/postgres/durability", "test/storage/postgres/failover", "test/storage/postgres/no-standby", "test/storage/postgres/restore",
  "test/storage/postgres/rolling", "test/storage/postgres/unreachable", "test/torture/cluster-pair", "test/torture/damaged-run",
  "test/torture/doctored-", "test/torture/kill-rounds", "test/torture/rounds",
];

const root = fileURLToPath(new URL("..", import.meta.url));

function rankOf(file: string): number {
  const rank = SLOWEST.findIndex((start) => file.startsWith(start));
  return rank === -1 ? SLOWEST.length : rank;
}

const { values: flags, positionals: starts } = parseArgs({
  options: { full: { type: "boolean", default: false }, coverage: { type: "boolean", default: false } },
  allowPositionals: true,
});
const all = globSync("test/**/*.test.ts", { cwd: root });
const leftOut = flags.full || starts.length > 0 ? [] : all.filter((file) => ONLY_IN_FULL_RUN.some((start) => file.startsWith(start)));
const files = all
  .filter((file) => starts.length === 0 || starts.some((start) => file.startsWith(start)))
  .filter((file) => !leftOut.includes(file))
  .toSorted((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));

if (flags.full) process.env["FULL"] = "1";
// Most of the time goes into starting processes, so Node.js caches compiled code for the next one. Code from the cache has less
// coverage information.
if (!flags.coverage) process.env["NODE_COMPILE_CACHE"] = join(root, "node_modules/.cache/node");
// Files that every test file would build are built only once.
const isShared = files.length > 1;
const [chromium, data] = await Promise.all([
  isShared && SKIP_WITHOUT_BROWSER === false ? shareChromium() : undefined,
  isShared && SKIP_WITHOUT_POSTGRES === false ? sharePostgresData() : undefined,
]);
const engine = process.env["ENGINE"] || "sqlite";
if (!["sqlite", "postgres"].includes(engine)) throw new Error("Cannot run the tests: ENGINE must be sqlite or postgres");
const needsPostgres = engine === "postgres" || files.some((file) => file.startsWith("test/storage/postgres/"));
// Imported only if needed: it imports the service's PostgreSQL client, and an error in that must not prevent other tests.
const postgres = needsPostgres ? await (await import("../test/support/shared-postgres.ts")).sharePostgres() : undefined;
if (engine === "postgres" && postgres === undefined) throw new Error("Cannot run the tests on PostgreSQL: it must be installed, or PG_BIN set");
const groups = groupTests(files, root);
const tests = run({
  files: groups.paths,
  // By default Node.js leaves one CPU unused.
  concurrency: availableParallelism() + 1,
  timeout: TIMEOUT_MS,
  coverage: flags.coverage,
  coverageIncludeGlobs: "src/**",
});

// Set to 0 once all tests have passed.
process.exitCode = 1;
tests.on("test:summary", ({ file, success }) => {
  if (file === undefined && success) process.exitCode = 0;
});
tests.once("end", () => {
  void chromium?.close();
  data?.remove();
  groups.remove();
  void postgres?.stop();
});
let casesLeft = 0;
tests.on("test:pass", ({ skip }) => {
  if (typeof skip === "string") casesLeft += casesLeftOut(skip);
});
tests.on("test:diagnostic", ({ message }) => {
  casesLeft += casesLeftOut(message);
});
const report = tests.compose(spec);
report.once("end", () => {
  const left = [[casesLeft, "cases"], [leftOut.length, "test files"]] as const;
  const counts = left.filter(([count]) => count > 0).map(([count, what]) => `${count} further ${what}`);
  if (counts.length > 0) console.log(`${counts.join(" and ")} run in make check`);
});
report.pipe(process.stdout);
