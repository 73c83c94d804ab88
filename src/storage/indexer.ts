import type { DatabaseSync, StatementSync } from "node:sqlite";
import { foldCase } from "./fold.ts";

/**
 * Keeps what is derived from `messages` (search index, counts) up to a mark, in steps of many rows: an
 * FTS5 statement of 1,000 rows costs a fifth per row of one that holds a single row. Whoever reads takes
 * the derived part up to the mark and scans the short tail behind it, in one read transaction, so
 * results are exact at every moment.
 */
export interface Indexer {
  /** How many stored rows lie behind the mark. */
  backlog(): number;
  /** Takes over `added` freshly inserted rows as backlog; call it once their transaction is committed. */
  grew(added: number): void;
  /** Derives at most `limit` rows of the backlog in the transaction that is open; `settle` must follow. */
  step(limit: number): void;
  /** Ends a step: with `false` its transaction was rolled back. */
  settle(committed: boolean): void;
}

export function createIndexer(db: DatabaseSync): Indexer {
  db.function("fold_case", { deterministic: true }, (text) => foldCase(String(text)));
  const statements = prepareSteps(db);
  const state = db.prepare("SELECT mark, (SELECT coalesce(max(seq), 0) FROM messages) AS last FROM index_state").get();
  let mark = Number(state?.["mark"]);
  let last = Number(state?.["last"]);
  let pending = mark;
  return {
    backlog: () => last - mark,
    grew(added) {
      last += added;
    },
    step(limit) {
      pending = Math.min(last, mark + limit);
      for (const statement of statements) statement.run({ low: mark, high: pending });
    },
    settle(committed) {
      if (committed) mark = pending;
      pending = mark;
    },
  };
}

function prepareSteps(db: DatabaseSync): readonly StatementSync[] {
  return [
    `INSERT INTO messages_search (rowid, text)
      SELECT seq, fold_case(text) FROM messages WHERE seq > :low AND seq <= :high AND text IS NOT NULL`,
    `UPDATE index_state SET
      messages = messages + (SELECT count(*) FROM messages WHERE seq > :low AND seq <= :high),
      senders = senders + (SELECT count(DISTINCT from_msisdn) FROM messages
        WHERE seq > :low AND seq <= :high AND from_msisdn NOT IN (SELECT from_msisdn FROM sender_counts)),
      mark = :high`,
    `INSERT INTO sender_counts (from_msisdn, count)
      SELECT from_msisdn, count(*) FROM messages WHERE seq > :low AND seq <= :high GROUP BY from_msisdn
      ON CONFLICT (from_msisdn) DO UPDATE SET count = count + excluded.count`,
  ].map((sql) => db.prepare(sql));
}
