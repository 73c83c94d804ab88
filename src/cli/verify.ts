import type { DatabaseMaintenance } from "../core/maintenance.ts";
import { describeLocation, openMaintenance, type MaintainedLocation } from "../storage/maintain.ts";
import { withProgress } from "./progress.ts";
import { runChecks } from "./run-checks.ts";
import type { Terminal } from "./terminal.ts";

/** Checks a database, after rebuilding it if requested. True if nothing is wrong. Rejects if that cannot be determined. */
export async function verify(terminal: Terminal, location: MaintainedLocation, options: { readonly rebuild: boolean }): Promise<boolean> {
  const maintenance = await openMaintenance(location);
  try {
    if (options.rebuild && maintenance.rebuild !== undefined) {
      await withProgress(terminal, "rebuild", { share: maintenance.progress, result: maintenance.rebuild() });
    }
    const shown = location.kind === "file" ? location.path : describeLocation(location);
    return await checkAll(terminal, maintenance, shown);
  } finally {
    await maintenance.close();
  }
}

async function checkAll(terminal: Terminal, maintenance: DatabaseMaintenance, shown: string): Promise<boolean> {
  const failed = await runChecks(terminal, maintenance, { printSound: true });
  const { checks, furtherCheck, remedy } = maintenance;
  const passed = `all ${checks.length} checks passed${furtherCheck === undefined ? "" : `; ${furtherCheck}`}`;
  terminal.print(`${shown}: ${failed.length === 0 ? passed : `${failed.length} of ${checks.length} checks failed; ${remedy(failed)}`}`);
  return failed.length === 0;
}
