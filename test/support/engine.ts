import { randomUUID } from "node:crypto";
import { connect } from "../../src/postgres/connect.ts";
import { urlOf } from "../postgres/server.ts";
import { atEnd, type Lifetime } from "./cleanup.ts";
import { SKIP_WITHOUT_POSTGRES, startPostgres, type PostgresServer } from "./postgres.ts";

/** The URL of the one server of a run with `ENGINE=postgres`, on which the service's own tests run then. */
const SERVER_URL = "RUN_POSTGRES_URL";
const server = process.env[SERVER_URL];

/** For the `skip` of a test of the service that opens the database's file, or is about it. */
export const ONLY_SQLITE: string | false = server === undefined ? false : "NOT TESTED on PostgreSQL: SQLite's alone";

/** Starts the server of the run and tells the processes that are started from now on. Its data are synced: the service refuses a server otherwise. */
export async function sharePostgres(): Promise<PostgresServer> {
  if (SKIP_WITHOUT_POSTGRES !== false) throw new Error(`Cannot run the tests on PostgreSQL: ${SKIP_WITHOUT_POSTGRES}`);
  const shared = await startPostgres({ settings: { fsync: "on", max_connections: "300" } });
  process.env[SERVER_URL] = shared.url("postgres");
  return shared;
}

const SOON = { deadlineMs: 20_000 };
const made = new Map<string, string>();

/** `DATABASE_URL` of the database of that path: a file, or in its place a database on the run's server that lasts as long as `t`. */
export async function databaseUrl(t: Lifetime, path: string): Promise<string> {
  if (server === undefined) return `sqlite:///${path}`;
  const before = made.get(path);
  if (before !== undefined) return before;
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const url = new URL(server);
  url.pathname = name;
  made.set(path, url.href);
  await run(`CREATE DATABASE ${name}`);
  atEnd(t, () => run(`DROP DATABASE ${name} WITH (FORCE)`));
  return url.href;
}

/** The URL of the database that took the place of the file at that path. */
export function urlInPlaceOf(path: string): string | undefined {
  return made.get(path);
}

async function run(sql: string): Promise<void> {
  const connection = await connect(urlOf(server ?? ""));
  await connection.run([{ sql }], SOON);
  await connection.close();
}
