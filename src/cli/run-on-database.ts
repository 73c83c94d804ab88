import { setPriority } from "node:os";
import { resolve } from "node:path";
import { loadDatabase } from "../config.ts";
import { backUp } from "./backup.ts";
import type { BackupCommand, VerifyCommand } from "./command.ts";
import { EX_CONFIG, EX_FAILURE, EX_OK } from "./exit-status.ts";
import type { Terminal } from "./terminal.ts";
import { verify } from "./verify.ts";

/** Lower than that of a service on the same machine, whose commits must not wait; 19 is the lowest. */
const NICENESS = 10;

/** Runs a command that works on the file of the database and gives the exit status. Rejects where it cannot be done. */
export async function runOnDatabase(command: BackupCommand | VerifyCommand, terminal: Terminal): Promise<number> {
  // Before anything starts a thread: each takes over the priority of the one that starts it.
  setPriority(NICENESS);
  const database = databasePath(command, terminal);
  if (!database.ok) {
    terminal.complain(database.error);
    return EX_CONFIG;
  }
  const sound =
    command.name === "backup"
      ? await backUp(terminal, database.path, resolve(command.target))
      : await verify(terminal, database.path, command);
  return sound ? EX_OK : EX_FAILURE;
}

const INSTEAD: Readonly<Record<(BackupCommand | VerifyCommand)["name"], string>> = {
  backup: "pg_dump and pg_basebackup",
  verify: "pg_amcheck",
};

type Path = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly error: string };

/** Absolute, so that SQLite takes it for a path whatever it begins with. */
function databasePath(command: BackupCommand | VerifyCommand, terminal: Terminal): Path {
  if (command.name === "verify" && command.file !== undefined) return { ok: true, path: resolve(command.file) };
  const database = loadDatabase(terminal.env);
  if (!database.ok) return database;
  if (database.value.kind === "postgres") return { ok: false, error: `DATABASE_URL: must name a file, PostgreSQL has ${INSTEAD[command.name]}` };
  if (database.value.kind === "memory") return { ok: false, error: "DATABASE_URL: must name a file, a database in memory ends with its process" };
  return { ok: true, path: resolve(database.value.path) };
}
