import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seededRandom } from "../bench/messages.ts";
import { fullDiskRow } from "./disk-row.ts";
import { createHarness, type HarnessOptions } from "./harness.ts";
import { stopRows, straceRows } from "./process-rows.ts";
import { killRounds } from "./rounds.ts";

const CONNECTIONS = 32;
const LOAD_MS = [100, 900] as const;

/** A number from the environment; a `make` variable that was given on the command line comes that way. */
function numberFrom(name: string, unset: number): number {
  const value = Number(process.env[name] || unset);
  if (!Number.isSafeInteger(value) || value < 1) {
    process.stderr.write(`Cannot run: ${name} must be a whole number from 1\n`);
    process.exit(2);
  }
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const rounds = numberFrom("ROUNDS", 10);
const seed = numberFrom("SEED", Date.now() % 1_000_000_000);
const { values } = parseArgs({ options: { main: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) } } });
const { main } = values;
if (!existsSync(main)) throw new Error(`Cannot run: ${main} must be there, run it as make torture`);
const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-torture-"));
process.on("exit", (status) => {
  // What failed is kept to be looked at.
  if (status === 0) rmSync(folder, { recursive: true, force: true });
  else process.stderr.write(`The database is kept in ${folder}\n`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

say(`SEED=${seed} ROUNDS=${rounds}`);
const startedAt = performance.now();
const options: HarnessOptions = { main, folder, connections: CONNECTIONS, random: seededRandom(seed) };
const harness = createHarness(options);
try {
  await killRounds(harness, { rounds, loadMs: LOAD_MS, say });
  await stopRows(harness, say);
  await straceRows(harness, say);
  for (const { where, what } of await fullDiskRow(options, say)) harness.report(where, what);
} catch (error) {
  harness.report("the run itself", error instanceof Error ? error.message : String(error));
}
const { ledger, problems } = harness;
const shown = problems.slice(0, 50);
for (const { where, what } of shown) say(`${where}: ${what}`);
say(
  `${ledger.attempts.size} messages sent in ${ledger.count("stored") + ledger.count("refused") + ledger.count("unknown")} deliveries: ` +
    `${ledger.count("stored")} answered 200, ${ledger.count("refused")} answered 503, ${ledger.count("unknown")} lost on the way; ` +
    `${harness.rows()} rows; ${problems.length} problems; ${Math.round((performance.now() - startedAt) / 1000)} s; SEED=${seed}`,
);
process.exit(problems.length === 0 ? 0 : 1);
