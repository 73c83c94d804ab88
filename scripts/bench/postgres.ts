import { openPostgres } from "../../src/storage/postgres/open.ts";
import { urlOf } from "../../test/postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES, startPostgres, type PostgresServer } from "../../test/support/postgres.ts";
import type { Bench } from "./bench.ts";
import { serviceOf } from "./ingest.ts";
import { compare, measure, startOn, type Program } from "./measure.ts";
import { measureReceivers } from "./receivers.ts";
import { READS, timeAll, TIMED } from "./reads.ts";
import { seedStore } from "./seed.ts";
import { settle } from "./settle.ts";

const CONNECTIONS = 64;
const STEADY_PER_SECOND = 1_000;
/** The settings that an operator would choose for such a machine; everything is synced. */
const SETTINGS = { fsync: "on", shared_buffers: "512MB", max_wal_size: "4GB" };
const PEAK_MIB = 200;

/** The maximum p99 of a read on PostgreSQL in milliseconds, by its name in SQLite's table. */
const READ_BARS: Readonly<Record<string, number>> = {
  "GET /messages": 15,
  from: 15,
  since: 15,
  "offset at the far end": 15,
  "q, rare match": 15,
  "q, 1 % of rows match": 120,
  "GET /stats": 10,
};

/** Measures the service on PostgreSQL against the service on SQLite, and reads with this many rows. */
export function measurePostgres(bench: Bench, rows: number): Promise<void> {
  return withPostgres(bench, async (server) => {
    await measureIngest(bench, server);
    await measureReads(bench, server, rows);
  });
}

/** Measures one receiver and two on the same PostgreSQL. */
export function measureSeveral(bench: Bench): Promise<void> {
  return withPostgres(bench, (server) => measureReceivers(bench, server));
}

async function withPostgres(bench: Bench, work: (server: PostgresServer) => Promise<void>): Promise<void> {
  if (SKIP_WITHOUT_POSTGRES !== false) {
    bench.say(`PostgreSQL: ${SKIP_WITHOUT_POSTGRES}`);
    return;
  }
  const server = await startPostgres({ settings: SETTINGS });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function measureIngest(bench: Bench, server: PostgresServer): Promise<void> {
  const sqlite = serviceOf(bench.root);
  const postgres: Program = { ...sqlite, databaseUrl: () => server.createDatabase() };
  const { messages } = bench;
  const compared = await compare(bench, [postgres, sqlite].map((program) => () => measure(bench, program, { messages, connections: CONNECTIONS })));
  bench.note({ what: `ingest, PostgreSQL / SQLite, ${CONNECTIONS} connections`, value: compared.ratio(0, 1), unit: "", goal: { atLeast: 0.5 } });
  bench.note({ what: `PostgreSQL, closed loop, ${CONNECTIONS} connections, p99`, value: compared.median(0, "p99"), unit: "ms" });
  bench.note({ what: "PostgreSQL, CPU time a message of the receiver", value: compared.median(0, "cpuMicros"), unit: "µs" });
  bench.note({ what: "PostgreSQL, peak memory of the receiver", value: compared.median(0, "peakMiB"), unit: "MiB", goal: { atMost: PEAK_MIB } });
  const steady = { messages: Math.min(20_000, messages), rate: STEADY_PER_SECOND };
  const open = await compare(bench, [() => measure(bench, postgres, steady)]);
  bench.note({ what: `PostgreSQL, ${STEADY_PER_SECOND} messages a second, open loop, p99`, value: open.median(0, "p99"), unit: "ms", goal: { atMost: 20 } });
}

async function measureReads(bench: Bench, server: PostgresServer, rows: number): Promise<void> {
  const url = await server.createDatabase();
  const fault = (reason: string): never => {
    throw new Error(reason);
  };
  const observer = { committed: () => undefined, commitFailed: () => undefined, removed: () => undefined };
  const store = await openPostgres(urlOf(url), { clock: { nowMs: () => Date.now() }, observer, onFatal: fault, fault, remark: () => undefined });
  bench.say(`PostgreSQL: seeding ${rows} rows`);
  await seedStore(store, { messages: rows });
  await store.close();
  const service = await startOn(serviceOf(bench.root), url);
  await settle(service.cpuSeconds);
  const taken = await timeAll(bench, { port: service.port, rows, limits: TIMED });
  READS.forEach(({ what }, index) => {
    const atMost = READ_BARS[what];
    bench.note({ what: `PostgreSQL, ${what}, p99 at ${rows} rows`, value: taken[index] ?? NaN, unit: "ms", ...(atMost !== undefined && { goal: { atMost } }) });
  });
  await service.stop();
}
