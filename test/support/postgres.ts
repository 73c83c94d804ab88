import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { connect } from "../../src/postgres/connect.ts";
import { urlOf } from "../postgres/server.ts";

const DEBIAN = "/usr/lib/postgresql";
/** PostgreSQL refuses to run as root: then it runs as this user, `nobody` on most systems. */
const NOBODY = 65_534;

/** The folder of `initdb` and `postgres`: `$PG_BIN`, else the newest version that Debian's packages have installed. */
export const PG_BIN: string | undefined = findPrograms();

/** For the `skip` of each test that needs PostgreSQL: says what to install. */
export const SKIP_WITHOUT_POSTGRES: string | false =
  PG_BIN === undefined ? "NOT TESTED: no PostgreSQL is installed (Debian: apt-get install postgresql; else set PG_BIN)" : false;

export interface PostgresServer {
  readonly port: number;
  /** Holds the data, and the socket. It goes away with the server. */
  readonly folder: string;
  /** The superuser's URL. */
  url(database: string): string;
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Of the server's first process. */
  pid(): number;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Settings for the command line. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Instead of trust for everybody: the lines of pg_hba.conf. */
  readonly hba?: string;
  /** Files for the folder of the data, readable to the server alone. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Runs a command until standard input ends, then stops it and removes its folder: however the process of the tests ends, no
 * server outlives it.
 */
const WHILE_READ = 'folder=$1; shift; "$@" < /dev/null & exec 2> /dev/null; cat > /dev/null; kill -INT $!; wait; rm -rf "$folder"';

const run = promisify(execFile);

/** A PostgreSQL of its own on 127.0.0.1, in a temporary folder, without fsync: one for each test file. */
export async function startPostgres({ settings = {}, hba, files = {} }: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = PG_BIN ?? "";
  const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-postgres-"));
  const data = join(folder, "data");
  const isRoot = process.getuid?.() === 0;
  const env = { LC_ALL: "C.UTF-8", PATH: process.env["PATH"] ?? "" };
  const identity = { cwd: folder, env, ...(isRoot && { uid: NOBODY, gid: NOBODY }) };
  function own(path: string): void {
    if (isRoot) chownSync(path, NOBODY, NOBODY);
  }
  mkdirSync(data, { mode: 0o700 });
  own(folder);
  own(data);
  await run(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], identity);
  for (const [name, content] of Object.entries({ ...(hba !== undefined && { "pg_hba.conf": hba }), ...files })) {
    writeFileSync(join(data, name), content, { mode: 0o600 });
    own(join(data, name));
  }

  const port = await freePort();
  const given = { listen_addresses: "127.0.0.1", unix_socket_directories: folder, fsync: "off", ...settings };
  const child = spawn("/bin/sh", [
    "-c", WHILE_READ, "sh", folder, join(bin, "postgres"), "-D", data, "-p", String(port),
    ...Object.entries(given).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ], { ...identity, stdio: ["pipe", "ignore", "pipe"] });
  await untilReady(child.stderr);
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  let databases = 0;

  return {
    port,
    folder,
    url,
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      const admin = await connect(urlOf(url("postgres")));
      await admin.run([{ sql: `CREATE DATABASE ${name}` }], { deadlineMs: 20_000 });
      await admin.close();
      return url(name);
    },
    pid: () => Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]),
    async stop() {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    },
  };
}

function findPrograms(): string | undefined {
  const given = process.env["PG_BIN"];
  if (given !== undefined && given !== "") return given;
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(DEBIAN, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port: the address must have one");
  return address.port;
}

/** @throws if the server ends before it is ready: with what it wrote */
async function untilReady(stderr: NodeJS.ReadableStream): Promise<void> {
  let log = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stderr.setEncoding("utf8");
  stderr.on("data", (chunk: string) => {
    log += chunk;
    if (log.includes("ready to accept connections")) resolve();
  });
  stderr.on("end", () => reject(new Error(`Cannot start PostgreSQL: ${log}`)));
  await promise;
}
