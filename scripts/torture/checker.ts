import { byId, check, DERIVED, type Problem, type Row } from "./check.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "./messages.ts";
import { observe, type StoredRows } from "./observe.ts";

/** The default time within which derived data must be repaired. */
const REPAIR_MS = 30_000;

/** Compares all services on one database with one ledger, and reports what is wrong. */
export interface Checker {
  /** The number of rows of the last check. */
  rows(): number;
  /** Checks an idle service. */
  check(where: string, url: string): Promise<void>;
  /**
   * Checks an idle service, but gives derived data some time to be repaired. Returns how long that took in milliseconds, 0 if
   * it was right at once.
   */
  checkRepaired(where: string, url: string): Promise<number>;
  /** These messages have been removed because of their age: from now on none of them may exist. */
  removed(ids: Iterable<string>): void;
}

export interface CheckerOptions {
  /** Reads the database. */
  readonly read: () => StoredRows | Promise<StoredRows>;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly report: (where: string, what: string) => void;
  /** How long derived data may be wrong, in milliseconds: half a minute by default. */
  readonly repairMs?: number;
}

export function createChecker({ read, ledger, random, report, repairMs = REPAIR_MS }: CheckerOptions): Checker {
  const removed = new Set<string>();
  let before: ReadonlyMap<string, Row> = new Map();

  async function look(url: string): Promise<readonly Problem[]> {
    const seen = await observe(await read(), url, random);
    const problems = check(ledger, seen, { before, removed });
    before = byId(seen.rows);
    return problems;
  }

  function reportAll(where: string, found: readonly Problem[]): void {
    for (const { kind, detail } of found) report(where, `${kind}: ${detail}`);
  }

  return {
    rows: () => before.size,
    check: async (where, url) => reportAll(where, await look(url)),
    async checkRepaired(where, url) {
      const startedAt = performance.now();
      for (let tries = 0; ; tries += 1) {
        const tookMs = tries === 0 ? 0 : Math.ceil(performance.now() - startedAt);
        const found = await look(url).catch((error: unknown): readonly Problem[] => [{ kind: "read", detail: String(error) }]);
        const derived = found.filter(({ kind }) => DERIVED.has(kind));
        reportAll(where, found.filter(({ kind }) => !DERIVED.has(kind)));
        if (derived.length > 0 && tookMs < repairMs) continue;
        reportAll(where, derived);
        return tookMs;
      }
    },
    removed(ids) {
      for (const id of ids) removed.add(id);
    },
  };
}
