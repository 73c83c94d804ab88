import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { BENCH_SECRET } from "../bench/messages.ts";
import { startProcess } from "../bench/service.ts";
import { describeCases, describeFailure, fuzz } from "./fuzz.ts";

/** How often progress is shown on a terminal, in cases. */
const PROGRESS_EVERY = 500;

const { SECONDS = "60", SEED, CASE } = process.env;
const seconds = Number(SECONDS);
const seed = SEED === undefined ? Date.now() % 1_000_000_000 : Number(SEED);
if (!Number.isFinite(seconds) || !Number.isSafeInteger(seed)) throw new Error("Cannot run: SECONDS must be a number and SEED a whole number");
process.stdout.write(`SEED=${seed}\n`);

const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-fuzz-"));
const service = await startProcess(fileURLToPath(new URL("../../src/main.ts", import.meta.url)), {
  env: { DATABASE_URL: `sqlite:///${join(folder, "fuzz.db")}` },
});
const startedAt = performance.now();
const endsAt = startedAt + seconds * 1000;
const report = await fuzz({
  port: service.port,
  secret: BENCH_SECRET,
  seed,
  firstCase: Number(CASE ?? 0),
  mayContinue: (done) => (CASE === undefined ? performance.now() < endsAt : done < 1),
  progress: (done) => {
    if (process.stdout.isTTY && done % PROGRESS_EVERY === 0) process.stdout.write(`\r${done} cases, ${Math.ceil((endsAt - performance.now()) / 1000)} s left  `);
  },
});
const tookSeconds = (performance.now() - startedAt) / 1000;
process.stdout.write(`${process.stdout.isTTY ? "\n" : ""}${describeCases(report.cases)} in ${tookSeconds.toFixed(1)} s; ${report.accepted} messages accepted and read back; peak memory ${service.peakMiB().toFixed(0)} MiB\n`);
if (report.failure !== undefined) {
  process.stdout.write(`${describeFailure(report.failure)}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write("passed\n");
}
await service.stop();
rmSync(folder, { recursive: true, force: true });
