import { readDatabaseUrl } from "../config.ts";
import type { DatabaseLocation } from "../core/database-location.ts";
import { compare, transfer, type Copied } from "../storage/shared/transfer.ts";
import { describeLocation, openSource, openTarget } from "../storage/maintain.ts";
import type { CopyCommand } from "./command.ts";
import { EX_CONFIG, EX_OK } from "./exit-status.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Copies a database to another one, then compares both completely. Gives the exit status; rejects if it cannot be done. */
export async function copy(terminal: Terminal, command: CopyCommand): Promise<number> {
  const locations: DatabaseLocation[] = [];
  for (const name of ["from", "to"] as const) {
    // Not read as an environment variable: if it were, an empty value would mean the default.
    const database = readDatabaseUrl(command[name]);
    if (!database.ok) terminal.complain(`--${name}: ${database.error}`);
    else if (database.value.kind === "memory") terminal.complain(`--${name}: must name a file or a PostgreSQL database, not one in memory`);
    else locations.push(database.value);
  }
  const [from, to] = locations;
  if (from === undefined || to === undefined) return EX_CONFIG;
  const { messages, removedIds } = await copyAll(terminal, from, to);
  const [source, target] = [from, to].map(describeLocation);
  terminal.print(`${target}: ${messages} messages and ${removedIds} ids of removed messages, the same as in ${source}`);
  return EX_OK;
}

async function copyAll(terminal: Terminal, from: DatabaseLocation, to: DatabaseLocation): Promise<Copied> {
  const source = await openSource(from);
  try {
    const target = await openTarget(to);
    try {
      let share = 0;
      const progress = (done: number): void => {
        share = done;
      };
      await withProgress(terminal, "copy", { share: () => share, result: transfer(source, target, progress) });
      share = 0;
      return await withProgress(terminal, "compare", { share: () => share, result: compare(source, target, progress) });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
