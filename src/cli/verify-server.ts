import type { PostgresLocation } from "../core/database-location.ts";
import { describeLocation, openServerChecks } from "../storage/maintain.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Checks what is derived from the messages on a server, a line each. True if nothing is wrong. Rejects if that cannot be told. */
export async function verifyServer(terminal: Terminal, location: PostgresLocation): Promise<boolean> {
  const checks = await openServerChecks(location);
  const place = describeLocation(location);
  try {
    for (const { title, look } of checks.all) {
      let share = 0;
      const result = look((done) => {
        share = done;
      });
      const { ok, detail } = await withProgress(terminal, title, { share: () => share, result });
      terminal.print(`${ok ? "ok  " : "FAIL"} ${title}: ${detail}`);
      if (ok) continue;
      terminal.print(`${place}: the check of ${title} failed; restore a backup, or copy the messages to a new database`);
      return false;
    }
    terminal.print(`${place}: all ${checks.all.length} checks passed; pg_amcheck checks the indexes`);
    return true;
  } finally {
    await checks.close();
  }
}
