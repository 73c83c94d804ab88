import { Agent } from "node:http";
import { join } from "node:path";
import type { Base } from "./base.ts";
import { databaseBytes, type Bench } from "./bench.ts";
import { fetchText } from "./client.ts";
import { compare, measure, startProgram, underLoad, type Comparison, type Program, type Run } from "./measure.ts";
import { SERVICE_FLAGS } from "./service.ts";

export function serviceOf(root: string): Program {
  return { name: "service", script: join(root, "dist/main.js"), flags: SERVICE_FLAGS };
}

/** The numbers of connections, each with the minimum share of the bare server's rate. */
const LOADS = [
  { connections: 64, share: 0.6 },
  { connections: 256, share: 0.8 },
] as const;
/** Goals as ratios to the build that BASE names: the minimum ingest at 64 connections, and the maximum CPU time per message. */
const BASE_INGEST = 1.2;
const BASE_CPU = 0.85;

const SERVICE = 0;
const CEILING = 1;
const BASE = 2;

/** Measures the service against the bare server, against the build of another commit, and against one commit per message. */
export async function measureIngest(bench: Bench, base: Base | undefined): Promise<void> {
  const { root, messages } = bench;
  const service = serviceOf(root);
  const ceiling: Program = { name: "bare node:http", script: join(root, "scripts/bench/ceiling.ts") };
  const programs = [service, ceiling, ...(base === undefined ? [] : [{ ...service, name: base.commit, script: base.main }])];
  const compared: (readonly [(typeof LOADS)[number], Comparison])[] = [];
  for (const one of LOADS) {
    const { connections } = one;
    compared.push([one, await compare(bench, programs.map((program) => () => measure(bench, program, { messages, connections })))]);
  }
  for (const [{ connections }, comparison] of compared) noteCpu(bench, comparison, { at: `${connections} connections`, programs });
  for (const [{ connections, share }, comparison] of compared) {
    const at = `${connections} connections`;
    const ratio = comparison.ratio(SERVICE, CEILING);
    bench.note({ what: `ingest, service / bare node:http, ${at}`, value: ratio, unit: "", goal: { atLeast: share } });
    if (base !== undefined) {
      const goal = connections === 64 ? { goal: { atLeast: BASE_INGEST } } : {};
      bench.note({ what: `ingest, service / ${base.commit}, ${at}`, value: comparison.ratio(SERVICE, BASE), unit: "", ...goal });
    }
    for (const [name, share] of [["p50", "p50"], ["p99", "p99"], ["p99.9", "p999"]] as const) {
      bench.note({ what: `closed loop, ${at}, ${name}`, value: comparison.median(SERVICE, share), unit: "ms" });
    }
  }
  await measureOtherIngest(bench, { service, ceiling });
}

/** Notes the CPU time, which includes the cost of the index, since it is measured until the backlog is done. */
function noteCpu(bench: Bench, comparison: Comparison, { at, programs }: { at: string; programs: readonly Program[] }): void {
  for (const [index, { name }] of programs.entries()) {
    bench.note({ what: `CPU time a message, ${name}, ${at}`, value: comparison.median(index, "cpuMicros"), unit: "µs" });
  }
  const base = programs[BASE];
  if (base === undefined) return;
  const value = comparison.ratio(SERVICE, BASE, "cpuMicros");
  bench.note({ what: `CPU time a message, service / ${base.name}, ${at}`, value, unit: "", goal: { atMost: BASE_CPU } });
}

async function measureOtherIngest(bench: Bench, { service, ceiling }: { service: Program; ceiling: Program }): Promise<void> {
  const { messages, root } = bench;
  const random = await compare(bench, [service, ceiling].map((program) => () => measure(bench, program, { messages, order: "random" })));
  const randomShare = random.ratio(SERVICE, CEILING);
  bench.note({ what: "ingest, service / bare node:http, random ids", value: randomShare, unit: "", goal: { atLeast: 0.65 } });
  const oneCommit: Program = { name: "one commit a message", script: join(root, "scripts/bench/one-commit.ts"), flags: SERVICE_FLAGS };
  const few = Math.ceil(messages / 4);
  const single = await compare(bench, [service, oneCommit].map((program) => () => measure(bench, program, { messages: few })));
  bench.note({ what: "group commit / one commit a message", value: single.ratio(0, 1), unit: "", goal: { atLeast: 3 } });
  const open = await compare(bench, [() => measure(bench, service, { messages: Math.min(50_000, messages), rate: 5_000 })]);
  bench.note({ what: "5,000 messages a second, open loop, p99", value: open.median(SERVICE, "p99"), unit: "ms", goal: { atMost: 10 } });
}

/** Measures ingest into a database that already holds many rows, alone and during a slow query; and the size of the database. */
export async function measureSeeded(bench: Bench, seeded: { readonly database: string; readonly count: number }): Promise<void> {
  const { messages, root } = bench;
  const { database: from, count } = seeded;
  const service = serviceOf(root);
  bench.note({ what: "database bytes a message", value: databaseBytes(from) / count, unit: "bytes", goal: { atMost: 450 } });
  const grown = await compare(bench, [() => measure(bench, service, { messages, from }), () => measure(bench, service, { messages })]);
  bench.note({ what: `ingest with ${count} rows / empty`, value: grown.ratio(0, 1), unit: "", goal: { atLeast: 0.85 } });
  const peakMiB = Math.max(...(grown.runs[0]?.map((run) => run.peakMiB) ?? []));
  bench.note({ what: `peak memory under ingest with ${count} rows`, value: peakMiB, unit: "MiB", goal: { atMost: 200 } });
  const slowed = await compare(bench, [() => measureBesideSlowQueries(bench, from), () => measure(bench, service, { messages, from })]);
  bench.note({ what: "ingest beside the slowest query / alone", value: slowed.ratio(0, 1), unit: "", goal: { atLeast: 0.8 } });
}

/** No index helps to find two characters that occur nowhere, so every text is examined. */
async function measureBesideSlowQueries(bench: Bench, from: string): Promise<Run> {
  const server = await startProgram(serviceOf(bench.root), bench.newDatabase(from));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let going = true;
  const queries = (async () => {
    while (going) await fetchText(server.port, "/messages?q=zz", agent);
  })();
  // The queries keep the CPU busy, so the service would never seem to have finished its backlog.
  const result = await underLoad(server, { messages: bench.messages, settles: false });
  going = false;
  await queries;
  agent.destroy();
  await server.stop();
  return result;
}
