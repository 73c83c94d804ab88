import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildBase } from "./base.ts";
import { createBench, type Bench } from "./bench.ts";
import { measureCatchUp } from "./catch-up.ts";
import { generatorName } from "./client.ts";
import { measureIngest, measureSeeded, serviceOf } from "./ingest.ts";
import { startProgram } from "./measure.ts";
import { measurePostgres, measureSeveral } from "./postgres.ts";
import { measureGrowth, measureMakeRun, measureReads, measureReadsUnderLoad, type Seeded } from "./reads.ts";
import { seed } from "./seed.ts";
import { settle } from "./settle.ts";
import { toTable } from "./table.ts";

/** A size at which even a read of every row is fast, as a baseline that shows which reads grow with the number of rows. */
const FEW_ROWS = 10_000;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    messages: { type: "string", default: "320000" },
    rows: { type: "string", default: "1000000" },
    /** Measures the reads again with this many rows, unless it is 0. */
    large: { type: "string", default: "0" },
    /** The parts that run; all by default. */
    only: { type: "string", default: "ingest,reads,postgres,receivers" },
  },
});
const seededRows = Number(values.rows);
const largeRows = Number(values.large);
const parts = values.only.split(",");

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const bench: Bench = createBench({ root, folder, rounds: Number(values.rounds), messages: Number(values.messages) });

/** Makes a database with a complete index: runs a service on it until the service has nothing left to do. */
async function seedDatabase(count: number): Promise<Seeded> {
  const database = join(folder, `seeded-${count}.db`);
  await seed(database, {
    messages: count,
    progress: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\rseeding ${done} of ${count}${done === count ? "\n" : ""}`);
    },
  });
  const server = await startProgram(serviceOf(root), database);
  await settle(server.cpuSeconds);
  await server.stop();
  return { database, count };
}

async function measureWithRows(): Promise<void> {
  await measureReads(bench, await seedDatabase(FEW_ROWS), true);
  const seeded = await seedDatabase(seededRows);
  const small = await measureReads(bench, seeded, true);
  await measureMakeRun(bench, seeded);
  await measureReadsUnderLoad(bench, seeded);
  await measureCatchUp(bench, seeded);
  await measureSeeded(bench, seeded);
  if (largeRows > 0) await measureGrowth(bench, { small, few: seededRows, large: await seedDatabase(largeRows) });
}

if (!existsSync(serviceOf(root).script)) throw new Error("Cannot measure: dist/main.js must exist; run make bench");
const baseCommit = process.env["BASE"] ?? "";
const base = baseCommit === "" ? undefined : buildBase(baseCommit, { root, folder: join(folder, "base") });
if (parts.includes("ingest")) await measureIngest(bench, base);
if (parts.includes("reads")) await measureWithRows();
if (parts.includes("postgres")) await measurePostgres(bench, seededRows);
if (parts.includes("receivers")) await measureSeveral(bench);
const commit = execFileSync("git", ["describe", "--always", "--dirty", "--exclude", "*"], { cwd: root, encoding: "utf8" }).trim();
const [cpu] = cpus();
const machine = `${cpus().length} × ${cpu?.model}, Node.js ${process.version}, SQLite ${process.versions["sqlite"]}`;
process.stdout.write(`${toTable(bench.rows)}\n\n${commit}, ${bench.rounds} rounds, load from ${await generatorName()}; ${machine}\n`);
