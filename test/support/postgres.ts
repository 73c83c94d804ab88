import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect } from "../../src/postgres/connect.ts";
import { urlOf } from "../postgres/server.ts";
import { identityIn, initialise, makeFolder, own, program, type Folders } from "./postgres-data.ts";
import { until } from "./until.ts";

export { PG_BIN, SKIP_WITHOUT_POSTGRES } from "./postgres-data.ts";

export interface PostgresServer {
  readonly port: number;
  /** The folder of the data and the socket, deleted when the server stops. */
  readonly folder: string;
  /** The superuser's URL. */
  url(database: string): string;
  /** Creates an empty database with these options of CREATE DATABASE and returns its URL. */
  createDatabase(options?: string): Promise<string>;
  /** The process id of the postmaster. */
  pid(): number;
  /** Sends SIGKILL to all its processes; `stop` is still needed. Linux only. */
  kill(): void;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Settings for the command line. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The lines of pg_hba.conf; by default everybody is trusted. */
  readonly hba?: string;
  /** Files for the data folder, readable only by the server. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Runs a command until standard input ends, then stops it and removes its folder. However the process of the tests ends, no
 * server outlives it.
 */
const WHILE_READ = 'folder=$1; shift; "$@" < /dev/null & exec 2> /dev/null; cat > /dev/null; kill -INT $!; wait; rm -rf "$folder"';

const run = promisify(execFile);

/** Starts a PostgreSQL server for one test file, on 127.0.0.1, in a temporary folder, without fsync. */
export async function startPostgres({ settings = {}, hba, files = {} }: PostgresOptions = {}): Promise<PostgresServer> {
  const folders = makeFolder();
  const { data } = folders;
  await initialise(folders);
  for (const [name, content] of Object.entries({ ...(hba !== undefined && { "pg_hba.conf": hba }), ...files })) {
    writeFileSync(join(data, name), content, { mode: 0o600 });
    own(join(data, name));
  }
  return serve(folders, settings);
}

/** Starts a synchronous standby: once this settles, each commit of the primary waits for it. */
export async function startStandby(primary: PostgresServer, settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const { folder, data } = makeFolder();
  const source = `${primary.url("postgres")}?application_name=standby`;
  await run(program("pg_basebackup"), ["-D", data, "-d", source, "-R", "-X", "stream", "--no-sync", "-c", "fast"], identityIn(folder));
  const standby = await serve({ folder, data }, settings);
  const admin = await connect(urlOf(primary.url("postgres")));
  const untilRow = (sql: string): Promise<void> =>
    until(`a row of ${sql}`, async () => (await admin.run([{ sql }], SOON)).results[0]?.rows.length === 1, { limitMs: 15_000 });
  await untilRow("SELECT FROM pg_stat_replication WHERE state = 'streaming'");
  await admin.run([{ sql: "ALTER SYSTEM SET synchronous_standby_names = '*'" }], SOON);
  await admin.run([{ sql: "SELECT pg_reload_conf()" }], SOON);
  await untilRow("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
  await admin.close();
  return standby;
}

/** Promotes a standby to a primary without a synchronous standby. */
export async function promote(standby: PostgresServer): Promise<void> {
  const admin = await connect(urlOf(standby.url("postgres")));
  for (const sql of ["ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()", "SELECT pg_promote(true, 20)"]) {
    await admin.run([{ sql }], SOON);
  }
  await admin.close();
}

const SOON = { deadlineMs: 20_000 };

async function serve({ folder, data }: Folders, settings: Readonly<Record<string, string>>): Promise<PostgresServer> {
  const port = await freePort();
  const given = { listen_addresses: "127.0.0.1", unix_socket_directories: folder, fsync: "off", ...settings };
  const child = spawn("/bin/sh", [
    "-c", WHILE_READ, "sh", folder, program("postgres"), "-D", data, "-p", String(port),
    ...Object.entries(given).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ], { ...identityIn(folder), stdio: ["pipe", "ignore", "pipe"] });
  await untilReady(child.stderr);
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const pid = (): number => pidOf(data);
  let databases = 0;

  return {
    port,
    folder,
    url,
    async createDatabase(options = "") {
      databases += 1;
      const name = `test_${databases}`;
      const admin = await connect(urlOf(url("postgres")));
      await admin.run([{ sql: `CREATE DATABASE ${name} ${options}` }], SOON);
      await admin.close();
      return url(name);
    },
    pid,
    kill: () => signalServer(data, "SIGKILL"),
    async stop() {
      const exited = child.exitCode === null ? once(child, "exit") : undefined;
      child.stdin.end();
      await exited;
    },
  };
}

/** The process id of the postmaster that runs, or ran, on these data. */
export function pidOf(data: string): number {
  return Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
}

/** Sends a signal to all processes of the server that runs on these data. Linux only. */
export function signalServer(data: string, signal: NodeJS.Signals): void {
  const first = pidOf(data);
  const children = readFileSync(`/proc/${first}/task/${first}/children`, "utf8").split(" ").filter((text) => text !== "").map(Number);
  for (const one of [first, ...children]) process.kill(one, signal);
}

/** A free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port: the address must have one");
  return address.port;
}

/** @throws if the server exits before it is ready; the message has its output */
async function untilReady(stderr: NodeJS.ReadableStream): Promise<void> {
  let log = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stderr.setEncoding("utf8");
  stderr.on("data", (chunk: string) => {
    log += chunk;
    if (/ready to accept (?:read-only )?connections/.test(log)) resolve();
  });
  stderr.on("end", () => reject(new Error(`Cannot start PostgreSQL: ${log}`)));
  await promise;
}
