import { loadDatabase } from "../config.ts";
import type { DatabaseLocation } from "../core/database-location.ts";
import { compare, transfer, type Copied } from "../storage/shared/transfer.ts";
import { describeLocation, openSource, openTarget } from "../storage/transfer.ts";
import type { CopyCommand } from "./command.ts";
import { EX_CONFIG, EX_OK } from "./exit-status.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Copies a database into another one, then compares the whole of both. Gives the exit status; rejects if it cannot be done. */
export async function copy(terminal: Terminal, command: CopyCommand): Promise<number> {
  const locations: DatabaseLocation[] = [];
  for (const name of ["from", "to"] as const) {
    // An empty URL would stand for the default.
    const database = loadDatabase({ DATABASE_URL: command[name] || " " });
    if (database.ok && database.value.kind !== "memory") locations.push(database.value);
    else terminal.complain(database.ok ? `--${name}: must name a database that outlives its process` : database.error.replace("DATABASE_URL", `--${name}`));
  }
  const [from, to] = locations;
  if (from === undefined || to === undefined) return EX_CONFIG;
  const { messages, removedIds } = await copyAll(terminal, from, to);
  terminal.print(`${describeLocation(to)}: ${messages} messages and ${removedIds} ids of removed ones, the same as in ${describeLocation(from)}`);
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
