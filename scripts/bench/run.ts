import { execFileSync } from "node:child_process";
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { Agent } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fetchText, generatorName, load, timeReads, type LoadOptions } from "./client.ts";
import type { LoadResult } from "./load.ts";
import { seed } from "./seed.ts";
import { SERVICE_FLAGS, startProcess, type Running } from "./service.ts";
import { median, quantile, toTable, type Row } from "./table.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    messages: { type: "string", default: "320000" },
    rows: { type: "string", default: "1000000" },
    /** Measures the reads again with so many rows, where it is not 0. */
    large: { type: "string", default: "0" },
  },
});
const rounds = Number(values.rounds);
const messages = Number(values.messages);
const seededRows = Number(values.rows);
const largeRows = Number(values.large);

const root = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const rows: Row[] = [];

interface Program {
  readonly script: string;
  readonly flags?: readonly string[];
}

const SERVICE: Program = { script: join(root, "dist/main.js"), flags: SERVICE_FLAGS };
const CEILING: Program = { script: join(root, "scripts/bench/ceiling.ts") };
const ONE_COMMIT: Program = { script: join(root, "scripts/bench/one-commit.ts"), flags: SERVICE_FLAGS };

/** Sent before each measurement, so that none measures how V8 compiles. */
const WARM_UP_MESSAGES = 80_000;

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
  if (from !== undefined) copySynced(from, path);
  return `sqlite:///${path}`;
}

/** What the system still has to write of a copy would hold up the syncs that are measured. */
function copySynced(from: string, to: string): void {
  copyFileSync(from, to);
  const descriptor = openSync(to, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

interface Run extends LoadResult {
  readonly perSecond: number;
  /** CPU time for a thousand messages. */
  readonly cpuMs: number;
  readonly peakMiB: number;
}

function start({ script, flags }: Program, url: string): Promise<Running> {
  return startProcess(script, { env: { DATABASE_URL: url }, ...(flags && { flags }) });
}

async function run(program: Program, options: Omit<LoadOptions, "port">, from?: string): Promise<Run> {
  const server = await start(program, databaseUrl(from));
  const result = await underLoad(server, options);
  await server.stop();
  return result;
}

async function underLoad(server: Running, options: Omit<LoadOptions, "port">): Promise<Run> {
  await load({ messages: WARM_UP_MESSAGES, port: server.port });
  const before = server.cpuSeconds();
  const result = await load({ ...options, port: server.port });
  if (result.refused > 0) throw new Error(`Cannot measure: every message must be answered 200, ${result.refused} were not`);
  const cpuMs = ((server.cpuSeconds() - before) / result.answered) * 1e6;
  return { ...result, perSecond: result.answered / result.seconds, cpuMs, peakMiB: server.peakMiB() };
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
  note({ what: "CPU time for a thousand messages, service", value: median(growing.first.map((one) => one.cpuMs)), unit: "ms" });
  note({ what: "CPU time for a thousand messages, bare node:http", value: median(growing.second.map((one) => one.cpuMs)), unit: "ms" });
  for (const [name, share] of [["p50", "p50"], ["p99", "p99"], ["p99.9", "p999"]] as const) {
    note({ what: `closed loop, 64 connections, ${name}`, value: median(growing.first.map((one) => one[share])), unit: "ms" });
  }
  const random = await compare(() => run(SERVICE, { messages, order: "random" }), () => run(CEILING, { messages, order: "random" }));
  note({ what: "the same, random ids", value: random.ratio, unit: "", bar: { atLeast: 0.65 } });
  const few = Math.ceil(messages / 4);
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
  const server = await start(SERVICE, databaseUrl(seeded));
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

interface Read {
  readonly what: string;
  readonly target: (rows: number) => string;
  readonly atMostMs: number;
  /** Its work grows with the rows, since so many of them match. */
  readonly proportional?: boolean;
}

const READS: readonly Read[] = [
  { what: "GET /messages", target: () => "/messages", atMostMs: 5 },
  { what: "from", target: () => "/messages?from=+919810000042", atMostMs: 5 },
  { what: "since", target: () => "/messages?since=2025-01-01T02:00:00Z", atMostMs: 5 },
  { what: "from and since", target: () => "/messages?from=+919810000042&since=2025-01-01T02:00:00Z", atMostMs: 5 },
  { what: "offset at the far end", target: (rows) => `/messages?offset=${rows - 50}`, atMostMs: 10 },
  { what: "q, rare match", target: () => "/messages?q=quixotic", atMostMs: 10 },
  { what: "q, 1 % of rows match", target: () => "/messages?q=saffron", atMostMs: 50, proportional: true },
  { what: "q, rare though its trigrams are common", target: () => "/messages?q=call+call+call+call", atMostMs: 50, proportional: true },
  { what: "GET /stats", target: () => "/stats", atMostMs: 5 },
  { what: "GET /metrics", target: () => "/metrics", atMostMs: 5 },
  { what: "GET /health/ready", target: () => "/health/ready", atMostMs: 5 },
];
/** The size at which a read that walks everything is still quick: what grows with the rows shows against it. */
const FEW_ROWS = 10_000;
const WARM_UP = { count: 100, atMostMs: 5_000 };
const TIMED = { count: 300, atMostMs: 10_000 };

/** The p99 of each read in milliseconds: the median of the rounds, which take turns, since a moment's noise makes a p99 of its own. */
async function measureReads(database: string, rowCount: number): Promise<readonly number[]> {
  const server = await start(SERVICE, `sqlite:///${database}`);
  note({ what: `start to ready with ${rowCount} rows`, value: server.startSeconds, unit: "s", bar: { atMost: 0.5 } });
  const targets = READS.map(({ target }) => target(rowCount));
  for (const target of targets) await timeReads(server.port, target, WARM_UP);
  const taken: number[][] = READS.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, target] of targets.entries()) taken[index]?.push(quantile(await timeReads(server.port, target, TIMED), 0.99));
  }
  const all = taken.map(median);
  READS.forEach(({ what, atMostMs }, index) => {
    note({ what: `${what}, p99 at ${rowCount} rows`, value: all[index] ?? NaN, unit: "ms", ...(rowCount <= seededRows && { bar: { atMost: atMostMs } }) });
  });
  await server.stop();
  return all;
}

async function measureGrowth(small: readonly number[]): Promise<void> {
  const large = await measureReads(seedDatabase(largeRows), largeRows);
  const growth = largeRows / seededRows;
  READS.forEach(({ what, proportional }, index) => {
    const value = (large[index] ?? NaN) / (small[index] ?? NaN) / (proportional ? growth : 1);
    note({ what: `${what}, p99 at ${largeRows} rows / at ${seededRows}${proportional ? ", by row" : ""}`, value, unit: "", bar: { atMost: 1.5 } });
  });
}

/** Gives the path of a new database of so many messages. */
function seedDatabase(count: number): string {
  const path = join(folder, `seeded-${count}.db`);
  seed(path, {
    messages: count,
    progress: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\rseeding ${done} of ${count}${done === count ? "\n" : ""}`);
    },
  });
  return path;
}

/** Through `make run`, when nothing has to be built or fetched. */
async function measureMakeRun(seeded: string): Promise<void> {
  const script = join(root, "scripts/bench/make-run.ts");
  const server = await startProcess(script, { env: { DATABASE_URL: `sqlite:///${seeded}`, HOME: process.env["HOME"] ?? "/" } });
  note({ what: "the same through make run", value: server.startSeconds, unit: "s", bar: { atMost: 1 } });
  await server.stop();
}

if (!existsSync(SERVICE.script)) throw new Error("Cannot measure: dist/ must be built, run it as make bench");
await measureIngest();
await measureReads(seedDatabase(FEW_ROWS), FEW_ROWS);
const seeded = seedDatabase(seededRows);
const reads = await measureReads(seeded, seededRows);
await measureMakeRun(seeded);
await measureSeeded(seeded);
if (largeRows > 0) await measureGrowth(reads);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
const [cpu] = cpus();
const machine = `${cpus().length} × ${cpu?.model}, Node.js ${process.version}, SQLite ${process.versions["sqlite"]}`;
process.stdout.write(`${toTable(rows)}\n\n${commit}, ${rounds} rounds, load from ${await generatorName()}; ${machine}\n`);
