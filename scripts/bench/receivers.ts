import { readFileSync } from "node:fs";
import type { PostgresServer } from "../../test/support/postgres.ts";
import type { Bench } from "./bench.ts";
import { load } from "./client.ts";
import { serviceOf } from "./ingest.ts";
import { startOn } from "./measure.ts";
import { cpuSecondsOf, type Running } from "./service.ts";
import { median } from "./table.ts";

const CONNECTIONS = 256;
/** Uses load.ts even if wrk is installed, because preparing wrk would take longer than the run and would count. */
const CLOSED_LOOP = 0;

/** The result of a run. CPU times are in seconds per 1,000 messages. */
interface Shares {
  readonly perSecond: number;
  readonly receivers: number;
  readonly database: number;
  readonly load: number;
}

/**
 * Measures one receiver against two on the same PostgreSQL, with the same total number of connections. Also measures their CPU
 * time, which on a machine with few CPUs limits both alike.
 */
export async function measureReceivers(bench: Bench, server: PostgresServer): Promise<void> {
  const runs: Record<1 | 2, Shares[]> = { 1: [], 2: [] };
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const count of round % 2 === 0 ? [1, 2] as const : [2, 1] as const) runs[count].push(await measureOnce(bench, server, count));
    bench.say(`  round ${round + 1} of ${bench.rounds}: ${[1, 2].map((count) => runs[count === 1 ? 1 : 2].at(-1)?.perSecond.toFixed(0)).join(", ")} a second`);
  }
  const ratios = runs[2].map(({ perSecond }, round) => perSecond / (runs[1][round]?.perSecond ?? NaN));
  bench.note({ what: "ingest on one PostgreSQL, two receivers / one", value: median(ratios), unit: "", goal: { atLeast: 1.3 } });
  for (const [count, name] of [[1, "one receiver"], [2, "two receivers"]] as const) {
    for (const part of ["receivers", "database", "load"] as const) {
      bench.note({ what: `PostgreSQL, ${name}, CPU time of 1,000 messages: ${part}`, value: median(runs[count].map((run) => run[part])), unit: "s" });
    }
  }
}

async function measureOnce(bench: Bench, server: PostgresServer, count: number): Promise<Shares> {
  const url = await server.createDatabase();
  const services = await Promise.all(Array.from({ length: count }, () => startOn(serviceOf(bench.root), url)));
  const send = (messages: number): Promise<readonly Awaited<ReturnType<typeof load>>[]> =>
    Promise.all(services.map(({ port }) => load({ port, messages: Math.ceil(messages / count), connections: CONNECTIONS / count, rate: CLOSED_LOOP })));
  // Warm-up, so that V8's compilation is not measured.
  await send(bench.messages / 2);
  const before = spent(services, server);
  const results = await send(bench.messages);
  const after = spent(services, server);
  if (results.some(({ refused }) => refused > 0)) throw new Error("Cannot measure: every message must get 200");
  await Promise.all(services.map((one) => one.stop()));
  const thousands = sum(results.map(({ answered }) => answered)) / 1_000;
  return {
    perSecond: sum(results.map(({ answered, seconds }) => answered / seconds)),
    receivers: (after.receivers - before.receivers) / thousands,
    database: (after.database - before.database) / thousands,
    load: (after.load - before.load) / thousands,
  };
}

/** CPU seconds so far. The load generators are the only children of this process that end meanwhile. */
function spent(services: readonly Running[], server: PostgresServer): Omit<Shares, "perSecond"> {
  const first = server.pid();
  const children = readFileSync(`/proc/${first}/task/${first}/children`, "utf8").split(" ").filter((pid) => pid !== "").map(Number);
  const postmaster = cpuSecondsOf(first);
  return {
    receivers: sum(services.map((one) => one.cpuSeconds())),
    database: postmaster.own + postmaster.ended + sum(children.map((pid) => cpuSecondsOf(pid).own)),
    load: cpuSecondsOf(process.pid).ended,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
