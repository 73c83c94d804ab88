import { setPriority } from "node:os";
import { resolve } from "node:path";
import { loadDatabase } from "../config.ts";
import type { DatabaseLocation } from "../core/database-location.ts";
import type { Outcome } from "../core/outcome.ts";
import { backUp } from "./backup.ts";
import type { BackupCommand, VerifyCommand } from "./command.ts";
import { EX_CONFIG, EX_FAILURE, EX_OK } from "./exit-status.ts";
import type { Terminal } from "./terminal.ts";
import { verifyServer } from "./verify-server.ts";
import { verify } from "./verify.ts";

/** Lower than that of a service on the same machine, whose commits must not wait; 19 is the lowest. */
const NICENESS = 10;

/** Runs a command that works on the database itself and gives the exit status. Rejects if it cannot be done. */
export async function runOnDatabase(command: BackupCommand | VerifyCommand, terminal: Terminal): Promise<number> {
  // Before anything starts a thread: each takes over the priority of the one that starts it.
  setPriority(NICENESS);
  const database = locate(command, terminal);
  if (!database.ok) {
    terminal.complain(database.error);
    return EX_CONFIG;
  }
  return (await run(command, terminal, database.value)) ? EX_OK : EX_FAILURE;
}

type Usable = Exclude<DatabaseLocation, { readonly kind: "memory" }>;

function locate(command: BackupCommand | VerifyCommand, { env }: Terminal): Outcome<Usable, string> {
  if (command.name === "verify" && command.file !== undefined) return { ok: true, value: { kind: "file", path: command.file } };
  const database = loadDatabase(env);
  if (!database.ok) return database;
  const { value } = database;
  if (value.kind === "memory") return { ok: false, error: "DATABASE_URL: must name a file, a database in memory ends with its process" };
  if (value.kind === "postgres" && command.name === "backup") {
    return { ok: false, error: "DATABASE_URL: must name a file, PostgreSQL has pg_dump and pg_basebackup" };
  }
  if (value.kind === "postgres" && command.name === "verify" && command.rebuild) {
    return { ok: false, error: "DATABASE_URL: must name a file, to rebuild a database of PostgreSQL copy it to a new one" };
  }
  return { ok: true, value };
}

async function run(command: BackupCommand | VerifyCommand, terminal: Terminal, location: Usable): Promise<boolean> {
  if (location.kind === "postgres") return verifyServer(terminal, location);
  // Absolute, so that SQLite takes it for a path whatever it begins with.
  const path = resolve(location.path);
  return command.name === "backup" ? backUp(terminal, path, resolve(command.target)) : verify(terminal, path, command);
}
