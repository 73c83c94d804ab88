import type { DatabaseSync } from "node:sqlite";
import type { Derivation } from "./derivation.ts";

export interface RangeDerivationOptions {
  /** The last row that is derived. */
  readonly mark: number;
  /** The last row that is stored. */
  readonly last: number;
  readonly stepRows: number;
  /** Derives the rows `seq > :low AND seq <= :high` and records the mark. */
  readonly sql: readonly string[];
}

/** Derives the rows in the order in which they were stored, many in one step. */
export function createRangeDerivation(db: DatabaseSync, options: RangeDerivationOptions): Derivation {
  const { stepRows } = options;
  const statements = options.sql.map((text) => db.prepare(text));
  let { mark, last } = options;
  let pending = mark;
  return {
    steps: () => (last - mark) / stepRows,
    isBehind: () => last > mark,
    grew(senders) {
      last += senders.length;
    },
    advance() {
      // What lies behind by more than a step, such as an adopted table, is taken in larger ones.
      pending = Math.min(last, mark + 4 * stepRows);
      for (const statement of statements) statement.run({ low: mark, high: pending });
    },
    settle(committed) {
      if (committed) mark = pending;
      pending = mark;
    },
  };
}
