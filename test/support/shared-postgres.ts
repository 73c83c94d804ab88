import { randomUUID } from "node:crypto";
import { connect } from "../../src/postgres/connect.ts";
import { urlOf } from "../postgres/server.ts";
import { SKIP_WITHOUT_POSTGRES, startPostgres, type PostgresServer } from "./postgres.ts";

/** A server that several test files use at the same time. Each may change only its own databases. */
export type SharedPostgres = Pick<PostgresServer, "createDatabase" | "stop">;

/** The environment variable that holds the URL of the server of the run. */
const URL_VARIABLE = "SHARED_POSTGRES_URL";
const SETTINGS = { fsync: "on", max_connections: "300" };
const SOON = { deadlineMs: 20_000 };

/**
 * Starts the server of a run; undefined if PostgreSQL is not installed. It syncs its data, because the service refuses a server that
 * does not.
 */
export async function sharePostgres(): Promise<PostgresServer | undefined> {
  if (SKIP_WITHOUT_POSTGRES !== false) return undefined;
  const shared = await startPostgres({ settings: SETTINGS });
  process.env[URL_VARIABLE] = shared.url("postgres");
  return shared;
}

/** The server of the run, or a new one if a file is run by itself. `stop` deletes everything that was created. */
export async function usePostgres(): Promise<SharedPostgres> {
  const shared = process.env[URL_VARIABLE];
  if (shared === undefined) return startPostgres({ settings: SETTINGS });
  const names: string[] = [];
  async function run(sql: string): Promise<void> {
    const connection = await connect(urlOf(shared ?? ""));
    await connection.run([{ sql }], SOON);
    await connection.close();
  }
  return {
    async createDatabase(options = "") {
      const name = `test_${randomUUID().replaceAll("-", "")}`;
      await run(`CREATE DATABASE ${name} ${options}`);
      names.push(name);
      return shared.replace(/[^/]*$/, name);
    },
    async stop() {
      // At once: each waits for a checkpoint, and those that wait share one.
      await Promise.all(names.map((name) => run(`DROP DATABASE ${name} WITH (FORCE)`)));
    },
  };
}
