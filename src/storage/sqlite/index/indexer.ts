import type { DatabaseSync } from "node:sqlite";
import type { Derivation } from "./derivation.ts";
import { foldCase } from "./fold.ts";
import { LAST_SEQ } from "../read/rows.ts";
import { createRangeDerivation } from "./range-derivation.ts";
import { createSenderDerivation } from "./sender-derivation.ts";
import { ALL_LEVELS, upsertTimeCounts } from "../read/time-counts.ts";

/**
 * Keeps what is derived from `messages` up to a mark, in steps of many rows: that costs a fraction per row
 * of doing it with each insert. Whoever reads takes the derived part up to the mark and scans the short
 * tail behind it, in one read transaction, so results are exact at every moment.
 */
export interface Indexer {
  /** Takes over the freshly inserted rows of a batch, of these senders, as backlog; call it once their transaction is committed. */
  grew(senders: readonly string[]): void;
  /** True where enough rows wait for a step that is worth its price. */
  isDue(): boolean;
  /** True where any row waits. */
  isBehind(): boolean;
  /** Derives some of the backlog in the transaction that is open; `settle` must follow. */
  step(): void;
  /** Ends a step: with `false` its transaction was rolled back. */
  settle(committed: boolean): void;
}

/** More rows a step cost less each, and hold up the commit that they ride on for longer: 256 rows of text take 1 ms. */
const SEARCH_STEP_ROWS = 256;
const COUNT_STEP_ROWS = 512;

export function createIndexer(db: DatabaseSync): Indexer {
  db.function("fold_case", { deterministic: true }, (text) => foldCase(String(text)));
  const state = db.prepare(`SELECT search_mark, count_mark, ${LAST_SEQ} AS last FROM index_state`).get();
  const last = Number(state?.["last"]);
  const derivations: readonly Derivation[] = [
    createRangeDerivation(db, { mark: Number(state?.["search_mark"]), last, stepRows: SEARCH_STEP_ROWS, sql: SEARCH_STEP }),
    createRangeDerivation(db, { mark: Number(state?.["count_mark"]), last, stepRows: COUNT_STEP_ROWS, sql: COUNT_STEP }),
    createSenderDerivation(db, last),
  ];

  return {
    grew(senders) {
      for (const one of derivations) one.grew(senders);
    },
    isDue: () => derivations.some((one) => one.steps() >= 1),
    isBehind: () => derivations.some((one) => one.isBehind()),
    step() {
      // One a transaction: the messages of the batch that it rides on wait for it.
      const [furthest] = derivations.filter((one) => one.isBehind()).sort((a, b) => b.steps() - a.steps());
      furthest?.advance();
    },
    settle(committed) {
      for (const one of derivations) one.settle(committed);
    },
  };
}

// NOT INDEXED: the range of seq is short, an index in the order of the groups would be walked whole.
const STEP_ROWS = "messages NOT INDEXED WHERE seq > :low AND seq <= :high";

/**
 * Eight segments are merged into one at a time, so what is indexed comes to be merged four times until there are a million rows.
 * Most texts take 0.6 to 1.3 times their bytes there, in pages of 4 KiB: so this keeps up.
 */
const TEXT_BYTES_A_MERGED_PAGE = 768;

const SEARCH_STEP = [
  `INSERT INTO messages_search (rowid, text) SELECT seq, fold_case(text) FROM ${STEP_ROWS} AND text IS NOT NULL`,
  `INSERT INTO messages_search (messages_search, rank)
    SELECT 'merge', 1 + ifnull(sum(octet_length(text)), 0) / ${TEXT_BYTES_A_MERGED_PAGE} FROM ${STEP_ROWS}`,
  "UPDATE index_state SET search_mark = :high WHERE search_mark = :low",
];

const COUNT_STEP = [
  `UPDATE index_state SET count_mark = :high, messages = messages + (SELECT count(*) FROM ${STEP_ROWS})`,
  upsertTimeCounts("''", ALL_LEVELS, STEP_ROWS),
];
