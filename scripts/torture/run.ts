import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seededRandom } from "../bench/messages.ts";
import { fullDiskRow } from "./disk-row.ts";
import { createHarness, type Harness, type HarnessOptions } from "./harness.ts";
import { stopRows, straceRows } from "./process-rows.ts";
import { indexRounds } from "./index-rounds.ts";
import { neighbourRound } from "./neighbours.ts";
import { numberFrom } from "./number-from.ts";
import { killRounds } from "./rounds.ts";
import { mountSmallDisk } from "./small-disk.ts";

const CONNECTIONS = 32;
const LOAD_MS = [100, 900] as const;
/** Long enough for the index to cover the new messages before it is damaged. */
const INDEX_LOAD_MS = [400, 1_500] as const;
const NEIGHBOUR_EVENTS = 60;
const NEIGHBOUR_DISK_MIB = 256;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const rounds = numberFrom("ROUNDS", 10);
const seed = numberFrom("SEED", Date.now() % 1_000_000_000);
const { values } = parseArgs({
  options: {
    main: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
    /** The parts that run; all by default. */
    only: { type: "string", default: "kills,index,stops,disk,neighbours" },
  },
});
const { main } = values;
const parts = values.only.split(",");
if (!existsSync(main)) throw new Error(`Cannot run: ${main} must exist; run make torture`);
const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-torture-"));
process.on("exit", (status) => {
  // After a failure the files are kept, so that they can be inspected.
  if (status === 0) rmSync(folder, { recursive: true, force: true });
  else process.stderr.write(`The database is kept in ${folder}\n`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** On a disk that can be filled, if one can be mounted. */
async function neighbours(): Promise<Harness["problems"]> {
  const disk = mountSmallDisk(join(folder, "neighbours"), NEIGHBOUR_DISK_MIB);
  const mounted = typeof disk === "string" ? undefined : disk;
  if (typeof disk === "string") say(`neighbours: full disks NOT TRIED, a small file system must be mounted for them: ${disk}`);
  const own = createHarness({ ...options, folder: join(folder, "neighbours") });
  try {
    await neighbourRound(own, { events: NEIGHBOUR_EVENTS, say, ...(mounted && { disk: mounted }) });
  } finally {
    mounted?.unmount();
  }
  return own.problems;
}

say(`SEED=${seed} ROUNDS=${rounds}`);
const startedAt = performance.now();
const options: HarnessOptions = { main, folder, connections: CONNECTIONS, random: seededRandom(seed) };
const harness = createHarness(options);
try {
  if (parts.includes("kills")) await killRounds(harness, { rounds, loadMs: LOAD_MS, say });
  if (parts.includes("index")) await indexRounds(harness, { rounds, loadMs: INDEX_LOAD_MS, say });
  if (parts.includes("stops")) await stopRows(harness, say);
  if (parts.includes("disk")) await straceRows(harness, say);
  if (parts.includes("disk")) for (const { where, what } of await fullDiskRow(options, say)) harness.report(where, what);
  if (parts.includes("neighbours")) for (const { where, what } of await neighbours()) harness.report(where, what);
} catch (error) {
  harness.report("the run itself", error instanceof Error ? error.message : String(error));
}
const { ledger, problems } = harness;
const shown = problems.slice(0, 50);
for (const { where, what } of shown) say(`${where}: ${what}`);
say(
  `${ledger.attempts.size} messages sent in ${ledger.count("stored") + ledger.count("refused") + ledger.count("in_doubt")} deliveries: ` +
    `${ledger.count("stored")} got 200, ${ledger.count("refused")} got 503, ${ledger.count("in_doubt")} got no response; ` +
    `${harness.rows()} rows; ${problems.length} problems; ${Math.round((performance.now() - startedAt) / 1000)} s; SEED=${seed}`,
);
process.exit(problems.length === 0 ? 0 : 1);
