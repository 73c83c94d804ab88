import { existsSync, realpathSync } from "node:fs";
import { setPriority } from "node:os";
import { resolve } from "node:path";
import { loadDatabase } from "../config.ts";
import type { DatabaseLocation } from "../core/database-location.ts";
import type { Outcome } from "../core/outcome.ts";
import { backUp } from "./backup.ts";
import type { BackupCommand, VerifyCommand } from "./command.ts";
import { EX_CONFIG, EX_FAILURE, EX_OK } from "./exit-status.ts";
import type { Terminal } from "./terminal.ts";
import { verify } from "./verify.ts";

/** Lower priority than a service on the same machine, whose commits must not wait; 19 is the lowest. */
const NICENESS = 10;

/** Runs a command that opens the database directly, and gives the exit status. Rejects if its work cannot be done. */
export async function runOnDatabase(command: BackupCommand | VerifyCommand, terminal: Terminal): Promise<number> {
  // Before anything starts a thread: a thread inherits the priority of the one that starts it.
  setPriority(NICENESS);
  const work = prepare(command, terminal);
  if (!work.ok) {
    terminal.complain(work.error);
    return EX_CONFIG;
  }
  return (await work.value()) ? EX_OK : EX_FAILURE;
}

/** Prepares the work, which returns whether everything is sound. A refusal is a line that begins with `DATABASE_URL`. */
function prepare(command: BackupCommand | VerifyCommand, terminal: Terminal): Outcome<() => Promise<boolean>, string> {
  const database = locate(command, terminal);
  if (!database.ok) return database;
  const { value: location } = database;
  if (location.kind === "memory") {
    return { ok: false, error: "DATABASE_URL: must name a file: a database in memory ends with its process" };
  }
  if (command.name === "verify") {
    if (location.kind === "postgres" && command.rebuild) {
      return { ok: false, error: "DATABASE_URL: must name a file: to rebuild a PostgreSQL database, copy it to a new one" };
    }
    return { ok: true, value: () => verify(terminal, location, command) };
  }
  if (location.kind === "postgres") {
    return { ok: false, error: "DATABASE_URL: must name a file: for PostgreSQL use pg_dump or pg_basebackup" };
  }
  return { ok: true, value: () => backUp(terminal, location.path, resolve(command.target)) };
}

function locate(command: BackupCommand | VerifyCommand, { env }: Terminal): Outcome<DatabaseLocation, string> {
  if (command.name === "verify" && command.file !== undefined) return { ok: true, value: fileAt(command.file) };
  const database = loadDatabase(env);
  return database.ok && database.value.kind === "file" ? { ok: true, value: fileAt(database.value.path) } : database;
}

/**
 * The path is absolute, so that SQLite reads it as a path whatever it begins with. Links are resolved as the service resolves
 * them: the WAL and the index are beside the file to which a link leads.
 */
function fileAt(path: string): DatabaseLocation {
  const absolute = resolve(path);
  return { kind: "file", path: existsSync(absolute) ? realpathSync(absolute) : absolute };
}
