import { CHECKS, startVerifier, type CheckName, type Verifier } from "../storage/sqlite/maintain/verifier.ts";
import { checkDatabase } from "./check-database.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** Checks the database at `path`, mending it first where asked. True where nothing is wrong. Rejects where that cannot be told. */
export async function verify(terminal: Terminal, path: string, options: { readonly rebuild: boolean }): Promise<boolean> {
  const verifier = await startVerifier(path);
  try {
    if (options.rebuild) await withProgress(terminal, "rebuild", { share: verifier.progress, result: verifier.rebuild() });
    return await checkAll(terminal, verifier, path);
  } finally {
    await verifier.close();
  }
}

async function checkAll(terminal: Terminal, verifier: Verifier, path: string): Promise<boolean> {
  const failed = await checkDatabase(terminal, verifier, { checks: CHECKS, printSound: true });
  const passed = `all ${CHECKS.length} checks passed`;
  terminal.print(`${path}: ${failed.length === 0 ? passed : `${failed.length} of ${CHECKS.length} checks failed; ${remedy(failed)}`}`);
  return failed.length === 0;
}

function remedy(failed: readonly CheckName[]): string {
  if (failed.includes("integrity")) return "restore a backup, unless verify --rebuild, with the service stopped, can mend it";
  return "to mend it, stop the service and run verify --rebuild";
}
