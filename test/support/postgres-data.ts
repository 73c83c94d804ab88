import { execFile, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const DEBIAN = "/usr/lib/postgresql";
/** PostgreSQL refuses to run as root, so root's tests run it as this user, `nobody` on most systems. */
export const NOBODY = 65_534;

/** The folder of `initdb` and `postgres`: `$PG_BIN`, otherwise the newest version that Debian's packages have installed. */
export const PG_BIN: string | undefined = findPrograms();

/** The `skip` of each test that needs PostgreSQL; it says what to install. */
export const SKIP_WITHOUT_POSTGRES: string | false =
  PG_BIN === undefined ? "NOT TESTED: no PostgreSQL is installed (Debian: apt-get install postgresql; otherwise set PG_BIN)" : false;

/** The environment variable that holds the data folder of a new server, created once per test run. */
const SHARED = "WEBHOOK_INBOX_TEST_PGDATA";

const run = promisify(execFile);

export interface Folders {
  readonly folder: string;
  readonly data: string;
}

/** Creates a folder for a server, writable by the server. */
export function makeFolder(): Folders {
  const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-postgres-"));
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  own(folder);
  own(data);
  return { folder, data };
}

/** The path of one of PostgreSQL's programs. */
export function program(name: string): string {
  return join(PG_BIN ?? "", name);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Makes the server's user the owner of a file. */
export function own(path: string): void {
  if (isRoot()) chownSync(path, NOBODY, NOBODY);
}

export interface Identity {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
}

/** The options of `spawn` that run a program as that user. */
export function identityIn(folder: string): Identity {
  return { cwd: folder, env: { LC_ALL: "C.UTF-8", PATH: process.env["PATH"] ?? "" }, ...(isRoot() && { uid: NOBODY, gid: NOBODY }) };
}

/** Creates the data of a new server: a copy of the shared data if there are any, which takes a quarter of the time. */
export async function initialise({ folder, data }: Folders): Promise<void> {
  const shared = process.env[SHARED];
  if (shared !== undefined) await run("cp", ["-a", `${shared}/.`, data], identityIn(folder));
  else await run(program("initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], identityIn(folder));
}

/**
 * Creates the data of a new server for all files of a test run: every process started later finds them through the environment.
 * `remove` deletes them, and so does the end of this process, however it ends.
 */
export async function sharePostgresData(): Promise<{ remove(): void }> {
  const folders = makeFolder();
  const remover = spawn("/bin/sh", ["-c", 'cat > /dev/null; rm -rf "$1"', "sh", folders.folder], { stdio: ["pipe", "ignore", "ignore"] });
  await initialise(folders);
  process.env[SHARED] = folders.data;
  return { remove: () => void remover.stdin.end() };
}

function findPrograms(): string | undefined {
  const given = process.env["PG_BIN"];
  if (given !== undefined && given !== "") return given;
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(DEBIAN, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}
