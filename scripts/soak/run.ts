import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../bench/messages.ts";
import { createHarness } from "../torture/harness.ts";
import { numberFrom } from "../torture/number-from.ts";
import { soak } from "./soak.ts";

const CONNECTIONS = 16;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const minutes = numberFrom("MINUTES", 20);
const seed = numberFrom("SEED", Date.now() % 1_000_000_000);
const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
if (!existsSync(main)) throw new Error(`Cannot run: ${main} must exist; run make soak`);
const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-soak-"));
process.on("exit", (status) => {
  // After a failure the files are kept, so that they can be inspected.
  if (status === 0) rmSync(folder, { recursive: true, force: true });
  else process.stderr.write(`The database is kept in ${folder}\n`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

say(`SEED=${seed} MINUTES=${minutes}`);
const harness = createHarness({ main, folder, connections: CONNECTIONS, random: seededRandom(seed) });
try {
  await soak(harness, { seconds: minutes * 60, connections: CONNECTIONS, say });
} catch (error) {
  harness.report("the run itself", error instanceof Error ? error.message : String(error));
}
const { ledger, problems } = harness;
for (const { where, what } of problems.slice(0, 50)) say(`${where}: ${what}`);
const outcomes = `${ledger.count("stored")} got 200, ${ledger.count("refused")} got 503`;
say(`${outcomes}; ${harness.rows()} rows; ${problems.length} problems; SEED=${seed}`);
process.exit(problems.length === 0 ? 0 : 1);
