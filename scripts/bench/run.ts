import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { Agent } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fetchText, generatorName, load, timeReads, type LoadOptions } from "./client.ts";
import type { LoadResult } from "./load.ts";
import { seed } from "./seed.ts";
import { startProcess, type Running } from "./service.ts";
import { median, quantile, toTable, type Row } from "./table.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    messages: { type: "string", default: "160000" },
    rows: { type: "string", default: "1000000" },
  },
});
const rounds = Number(values.rounds);
const messages = Number(values.messages);
const seededRows = Number(values.rows);

const root = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const rows: Row[] = [];

const SERVICE = join(root, "dist/main.js");
const CEILING = join(root, "scripts/bench/ceiling.ts");
const ONE_COMMIT = join(root, "scripts/bench/one-commit.ts");

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function note(row: Row): void {
  rows.push(row);
  say(`${row.what}: ${row.value.toFixed(2)} ${row.unit}`);
}

let databases = 0;
/** A database of its own for each run: empty, or a copy of the seeded one. */
function databaseUrl(from?: string): string {
  databases += 1;
  const path = join(folder, `run-${databases}.db`);
  if (from !== undefined) copyFileSync(from, path);
  return `sqlite:///${path}`;
}

interface Run extends LoadResult {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly peakMiB: number;
}

async function run(script: string, options: Omit<LoadOptions, "port">, from?: string): Promise<Run> {
  const server = await startProcess(script, { DATABASE_URL: databaseUrl(from) });
  const result = await underLoad(server, options);
  await server.stop();
  return result;
}

async function underLoad(server: Running, options: Omit<LoadOptions, "port">): Promise<Run> {
  const before = server.cpuSeconds();
  const result = await load({ ...options, port: server.port });
  if (result.refused > 0) throw new Error(`Cannot measure: every message must be answered 200, ${result.refused} were not`);
  const cpuMicros = ((server.cpuSeconds() - before) / result.answered) * 1e6;
  return { ...result, perSecond: result.answered / result.seconds, cpuMicros, peakMiB: server.peakMiB() };
}

/** Alternates the two so that what else the machine does falls on both, and gives the median of the ratios. */
async function compare(first: () => Promise<Run>, second: () => Promise<Run>): Promise<{ ratio: number; first: Run[]; second: Run[] }> {
  const all: { first: Run[]; second: Run[] } = { first: [], second: [] };
  for (let round = 0; round < rounds; round += 1) {
    all.first.push(await first());
    all.second.push(await second());
    say(`  round ${round + 1} of ${rounds}: ${all.first.at(-1)?.perSecond.toFixed(0)} and ${all.second.at(-1)?.perSecond.toFixed(0)} a second`);
  }
  const ratio = median(all.first.map((run, index) => run.perSecond / (all.second[index]?.perSecond ?? NaN)));
  return { ratio, ...all };
}

async function measureIngest(): Promise<void> {
  const growing = await compare(() => run(SERVICE, { messages }), () => run(CEILING, { messages }));
  note({ what: "service / bare node:http, growing ids", value: growing.ratio, unit: "", bar: { atLeast: 0.75 } });
  note({ what: "CPU a message, service", value: median(growing.first.map((one) => one.cpuMicros)), unit: "µs" });
  note({ what: "CPU a message, bare node:http", value: median(growing.second.map((one) => one.cpuMicros)), unit: "µs" });
  for (const [name, share] of [["p50", "p50"], ["p99", "p99"], ["p99.9", "p999"]] as const) {
    note({ what: `closed loop, 64 connections, ${name}`, value: median(growing.first.map((one) => one[share])), unit: "ms" });
  }
  const random = await compare(() => run(SERVICE, { messages, order: "random" }), () => run(CEILING, { messages, order: "random" }));
  note({ what: "the same, random ids", value: random.ratio, unit: "", bar: { atLeast: 0.65 } });
  const few = Math.ceil(messages / 5);
  const single = await compare(() => run(SERVICE, { messages: few }), () => run(ONE_COMMIT, { messages: few }));
  note({ what: "group commit / one commit a message", value: single.ratio, unit: "", bar: { atLeast: 3 } });
  const open: Run[] = [];
  for (let round = 0; round < rounds; round += 1) open.push(await run(SERVICE, { messages: 50_000, rate: 5_000 }));
  note({ what: "5,000 messages a second, open loop, p99", value: median(open.map((one) => one.p99)), unit: "ms", bar: { atMost: 10 } });
}

async function measureSeeded(seeded: string): Promise<void> {
  const size = statSync(seeded).size / seededRows;
  note({ what: "database bytes a message", value: size, unit: "bytes", bar: { atMost: 450 } });
  const grown = await compare(() => run(SERVICE, { messages }, seeded), () => run(SERVICE, { messages }));
  note({ what: `ingest with ${seededRows} rows / empty`, value: grown.ratio, unit: "", bar: { atLeast: 0.85 } });
  note({ what: `peak memory under ingest with ${seededRows} rows`, value: Math.max(...grown.first.map((one) => one.peakMiB)), unit: "MiB", bar: { atMost: 200 } });
  const slowed = await compare(() => runBesideSlowQueries(seeded), () => run(SERVICE, { messages }, seeded));
  note({ what: "ingest beside the slowest query / alone", value: slowed.ratio, unit: "", bar: { atLeast: 0.8 } });
}

/** No index helps with two characters that nobody wrote: every text is looked at. */
async function runBesideSlowQueries(seeded: string): Promise<Run> {
  const server = await startProcess(SERVICE, { DATABASE_URL: databaseUrl(seeded) });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let going = true;
  const queries = (async () => {
    while (going) await fetchText(server.port, "/messages?q=zz", agent);
  })();
  const result = await underLoad(server, { messages });
  going = false;
  await queries;
  agent.destroy();
  await server.stop();
  return result;
}

async function measureReads(seeded: string): Promise<void> {
  const server = await startProcess(SERVICE, { DATABASE_URL: `sqlite:///${seeded}` });
  note({ what: `start to ready with ${seededRows} rows`, value: server.startSeconds, unit: "s", bar: { atMost: 0.5 } });
  const reads: readonly [what: string, target: string, atMostMs: number][] = [
    ["GET /messages", "/messages", 5],
    ["from", "/messages?from=+919810000042", 5],
    ["since", "/messages?since=2025-01-01T02:00:00Z", 5],
    ["from and since", "/messages?from=+919810000042&since=2025-01-01T02:00:00Z", 5],
    ["offset at the far end", `/messages?offset=${seededRows - 50}`, 10],
    ["q, rare match", "/messages?q=quixotic", 10],
    ["q, 1 % of rows match", "/messages?q=saffron", 50],
    ["q, rare though its trigrams are common", "/messages?q=call+call+call+call", 50],
    ["GET /stats", "/stats", 5],
    ["GET /metrics", "/metrics", 5],
    ["GET /health/ready", "/health/ready", 5],
  ];
  for (const [what, target, atMost] of reads) {
    await timeReads(server.port, target, 20);
    const times = await timeReads(server.port, target, 300);
    note({ what: `${what}, p99 at ${seededRows} rows`, value: quantile(times, 0.99), unit: "ms", bar: { atMost } });
  }
  await server.stop();
}

/** Through `make run`, when nothing has to be built or fetched. */
async function measureMakeRun(seeded: string): Promise<void> {
  const script = join(root, "scripts/bench/make-run.ts");
  const server = await startProcess(script, { DATABASE_URL: `sqlite:///${seeded}`, HOME: process.env["HOME"] ?? "/" });
  note({ what: "the same through make run", value: server.startSeconds, unit: "s", bar: { atMost: 1 } });
  await server.stop();
}

if (!existsSync(SERVICE)) throw new Error("Cannot measure: dist/ must be built, run it as make bench");
await measureIngest();
const seeded = join(folder, "seeded.db");
seed(seeded, {
  messages: seededRows,
  progress: (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\rseeding ${done} of ${seededRows}${done === seededRows ? "\n" : ""}`);
  },
});
await measureReads(seeded);
await measureMakeRun(seeded);
await measureSeeded(seeded);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const [cpu] = cpus();
const machine = `${cpus().length} × ${cpu?.model}, Node.js ${process.version}, SQLite ${process.versions["sqlite"]}`;
process.stdout.write(`${toTable(rows)}\n\n${commit}, ${rounds} rounds, load from ${await generatorName()}; ${machine}\n`);
