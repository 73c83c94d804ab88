import type { DatabaseSync, StatementSync } from "node:sqlite";
import { foldCase } from "./fold.ts";
import { ALL_LEVELS, SENDER_LEVELS } from "./time-counts.ts";

/**
 * Keeps what is derived from `messages` up to a mark, in steps of many rows: that costs a fraction per row
 * of doing it with each insert. Whoever reads takes the derived part up to the mark and scans the short
 * tail behind it, in one read transaction, so results are exact at every moment.
 */
export interface Indexer {
  /** Takes over freshly inserted rows as backlog; call it once their transaction is committed. */
  grew(rows: number): void;
  /** True where enough rows wait for a step that is worth its price. */
  isDue(): boolean;
  /** True where any row waits. */
  isBehind(): boolean;
  /** Derives some of the backlog in the transaction that is open; `settle` must follow. */
  step(): void;
  /** Ends a step: with `false` its transaction was rolled back. */
  settle(committed: boolean): void;
}

interface Derivation {
  readonly statements: readonly StatementSync[];
  readonly stepRows: number;
  mark: number;
  pending: number;
}

/** More rows a step cost less each, and hold up the commit that they ride on for longer: 256 rows of text take 3 ms. */
const SEARCH_STEP_ROWS = 256;
/** A row's share is mostly its sender's counters, so a step should meet each sender more than once: 1,024 rows take 3 ms. */
const COUNT_STEP_ROWS = 1024;
/** Every sender has a page of its own to be written, so a step should have several rows for each: 4,096 take 6 ms. */
const SENDER_STEP_ROWS = 4096;

export function createIndexer(db: DatabaseSync): Indexer {
  db.function("fold_case", { deterministic: true }, (text) => foldCase(String(text)));
  const state = db.prepare(`
    SELECT search_mark, count_mark, sender_mark, (SELECT coalesce(max(seq), 0) FROM messages) AS last FROM index_state`).get();
  let last = Number(state?.["last"]);

  function derivation(mark: number, stepRows: number, sql: readonly string[]): Derivation {
    return { statements: sql.map((text) => db.prepare(text)), stepRows, mark, pending: mark };
  }
  const derivations = [
    derivation(Number(state?.["search_mark"]), SEARCH_STEP_ROWS, SEARCH_STEP),
    derivation(Number(state?.["count_mark"]), COUNT_STEP_ROWS, COUNT_STEP),
    derivation(Number(state?.["sender_mark"]), SENDER_STEP_ROWS, SENDER_STEP),
  ];

  /** How far it is behind, in steps. */
  function steps(of: Derivation): number {
    return (last - of.mark) / of.stepRows;
  }

  function advance(of: Derivation): void {
    // What lies behind by more than a step, such as an adopted table, is taken in larger ones.
    of.pending = Math.min(last, of.mark + 4 * of.stepRows);
    for (const statement of of.statements) statement.run({ low: of.mark, high: of.pending });
  }

  return {
    grew(rows) {
      last += rows;
    },
    isDue: () => derivations.some((one) => steps(one) >= 1),
    isBehind: () => derivations.some((one) => last > one.mark),
    step() {
      // One a transaction: the messages of the batch that it rides on wait for it.
      const [furthest] = derivations.toSorted((a, b) => steps(b) - steps(a));
      if (furthest !== undefined && last > furthest.mark) advance(furthest);
    },
    settle(committed) {
      for (const one of derivations) {
        if (committed) one.mark = one.pending;
        one.pending = one.mark;
      }
    },
  };
}

// NOT INDEXED: the range of seq is short, an index in the order of the groups would be walked whole.
const STEP_ROWS = "messages NOT INDEXED WHERE seq > :low AND seq <= :high";

const SEARCH_STEP = [
  `INSERT INTO messages_search (rowid, text) SELECT seq, fold_case(text) FROM ${STEP_ROWS} AND text IS NOT NULL`,
  "UPDATE index_state SET search_mark = :high WHERE search_mark = :low",
];

const COUNT_STEP = [
  `UPDATE index_state SET
    count_mark = :high,
    messages = messages + (SELECT count(*) FROM ${STEP_ROWS}),
    senders = senders + (SELECT count(DISTINCT from_msisdn) FROM ${STEP_ROWS}
      AND from_msisdn NOT IN (SELECT from_msisdn FROM sender_counts))`,
  `INSERT INTO sender_counts (from_msisdn, count)
    SELECT from_msisdn, count(*) FROM ${STEP_ROWS} GROUP BY from_msisdn
    ON CONFLICT (from_msisdn) DO UPDATE SET count = count + excluded.count`,
  countPrefixes("''", ALL_LEVELS),
  countPrefixes("from_msisdn", SENDER_LEVELS),
];

const SENDER_STEP = [
  `INSERT INTO sender_messages (from_msisdn, key, message_id, seq)
    SELECT from_msisdn, rtrim(ts, 'Z') AS key, message_id, seq FROM ${STEP_ROWS} ORDER BY from_msisdn, key, message_id`,
  "UPDATE index_state SET sender_mark = :high WHERE sender_mark = :low",
];

/** One pass over the rows gives the finest counts, of which the coarser ones are sums. */
function countPrefixes(scope: string, levels: readonly number[]): string {
  return `INSERT INTO time_counts (scope, level, prefix, count)
    WITH levels (level) AS (VALUES ${levels.map((level) => `(${level})`).join(", ")}),
    finest AS MATERIALIZED (
      SELECT ${scope} AS scope, substr(rtrim(ts, 'Z'), 1, ${levels.at(-1)}) AS prefix, count(*) AS count
      FROM ${STEP_ROWS} GROUP BY 1, 2)
    SELECT scope, level, substr(prefix, 1, level), sum(count) FROM finest CROSS JOIN levels GROUP BY 1, 2, 3
    ON CONFLICT (scope, level, prefix) DO UPDATE SET count = count + excluded.count`;
}
