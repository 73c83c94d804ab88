import type { DatabaseMaintenance } from "../../../core/maintenance.ts";
import { CHECKS, startVerifier, type CheckName } from "./verifier.ts";

const TITLES: Readonly<Record<CheckName, string>> = {
  integrity: "integrity",
  schema: "schema",
  index: "index",
  counters: "counters",
  senders: "sender index",
  search: "search index",
};

/** Opens the file at `path` to check and repair it. Rejects with `DatabaseError` if it is not a file. */
export async function openSqliteMaintenance(path: string): Promise<DatabaseMaintenance> {
  const verifier = await startVerifier(path);
  return {
    checks: CHECKS.map((name) => ({ title: TITLES[name], isBasic: name === "schema", look: () => verifier.check(name) })),
    remedy(failed) {
      if (failed.includes(TITLES.integrity)) return "stop the service and run verify --rebuild; if that cannot repair it, restore a backup";
      return "to repair it, stop the service and run verify --rebuild";
    },
    rebuild: () => verifier.rebuild(),
    progress: () => verifier.progress(),
    close: () => verifier.close(),
  };
}
