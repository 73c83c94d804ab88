import type { DatabaseMaintenance } from "../core/maintenance.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

export interface CheckOptions {
  /** A line for what is sound, too. */
  readonly printSound: boolean;
}

/** Makes the checks in turn, a line each, as far as they make sense. Gives the titles of those that failed. */
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
