import type { DatabaseMaintenance } from "../core/maintenance.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

export interface CheckOptions {
  /** Whether to print a line for checks that pass, too. */
  readonly printSound: boolean;
}

/**
 * Runs the checks one after the other, and prints a line for each that fails. Stops if a basic one fails, since the rest would be
 * pointless. Gives the titles of those that failed.
 */
export async function runChecks(
  terminal: Terminal,
  { checks, progress }: DatabaseMaintenance,
  options: CheckOptions,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { title, isBasic, look } of checks) {
    const { ok, detail } = await withProgress(terminal, title, { share: progress, result: look() });
    if (!ok || options.printSound) terminal.print(`${ok ? "ok  " : "FAIL"} ${title}: ${detail}`);
    if (ok) continue;
    failed.push(title);
    if (isBasic) break;
  }
  return failed;
}
