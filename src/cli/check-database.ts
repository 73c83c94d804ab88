import type { CheckName, Verifier } from "../storage/sqlite/maintain/verifier.ts";
import { withProgress } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

const TITLES: Readonly<Record<CheckName, string>> = {
  integrity: "integrity",
  schema: "schema",
  index: "index",
  counters: "counters",
  senders: "sender index",
  search: "search index",
};

export interface CheckOptions {
  readonly checks: readonly CheckName[];
  /** A line for what is sound, too. */
  readonly printSound: boolean;
}

/** Makes the checks in turn, a line each; those behind a wrong schema would make no sense. Gives the names of those that failed. */
export async function checkDatabase(terminal: Terminal, verifier: Verifier, options: CheckOptions): Promise<readonly CheckName[]> {
  const failed: CheckName[] = [];
  for (const name of options.checks) {
    const title = TITLES[name];
    const { ok, detail } = await withProgress(terminal, title, { share: verifier.progress, result: verifier.check(name) });
    if (!ok || options.printSound) terminal.print(`${ok ? "ok  " : "FAIL"} ${title}: ${detail}`);
    if (ok) continue;
    failed.push(name);
    if (name === "schema") break;
  }
  return failed;
}
