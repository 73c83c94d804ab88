import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database.ts";
import { createPageCheck, type PageCheck } from "./check-pages.ts";
import { readIndexState, readStoreState } from "./coverage.ts";
import { COUNTED_TABLE, createDerivation, PICKED_COLUMNS, PICKED_TABLE, type Derivation } from "./derive.ts";
import { foldCase } from "./fold.ts";

/** Rows derived in one transaction. Smaller steps cost more per row, since they write more pages more often. */
export const STEP_ROWS = 32_768;
/** A step ends earlier once its texts have this many characters. */
const STEP_CHARACTERS = 8 * 1024 * 1024;
/** Rows that one statement copies from the main file: an open snapshot keeps its WAL from being checkpointed. */
const COPY_ROWS = 2_048;

/** Operations on the open index file; see `MessageIndex`. All throw SQLite's errors. */
export interface IndexOperations extends PageCheck {
  /** Copies the next rows from the main file, up to `STEP_ROWS`; gives how many were copied and how many are left. */
  pick(): { readonly rows: number; readonly unindexed: number };
  /** Derives the rows that `pick` copied. */
  derive(): void;
  /** What is wrong with the number of covered rows, if anything: rows may have been replaced by others. */
  miscount(): string | undefined;
  exclude(seqs: readonly number[]): number;
  forget(seqs: readonly number[]): void;
  /** Puts back rows that an earlier process excluded but did not remove. No removal may be in progress. */
  include(): void;
}

/** Operations on the index file that is open on `db`, with the main file attached. */
export function createIndexOperations(db: DatabaseSync): IndexOperations {
  db.function("fold_case", { deterministic: true }, (text) => foldCase(String(text)));
  db.exec(`${PICKED_TABLE}; ${COUNTED_TABLE}`);
  const derivation = createDerivation(db);
  const clear = db.prepare("DELETE FROM picked");
  const copy = db.prepare(`
    INSERT INTO picked SELECT ${PICKED_COLUMNS} FROM messages NOT INDEXED
    WHERE seq > ? AND seq NOT IN (SELECT seq FROM excluded_messages) ORDER BY seq LIMIT ${COPY_ROWS}`);
  const picked = db.prepare("SELECT max(seq) AS high, total(length(folded)) AS characters, count(*) AS rows FROM picked");
  const advance = db.prepare("UPDATE index_state SET high = ? WHERE high = ?");
  const counts = db.prepare(`
    SELECT messages AS covered, (SELECT count(*) FROM messages) - (SELECT count(*) FROM messages NOT INDEXED WHERE seq > high)
      - (SELECT count(*) FROM excluded_messages JOIN messages USING (seq) WHERE seq <= high) AS there
    FROM index_state`);
  let low = 0;
  let high = 0;

  return {
    pick() {
      clear.run();
      low = readIndexState(db).high;
      const { last } = readStoreState(db);
      high = low;
      let rows = 0;
      for (let characters = 0; rows < STEP_ROWS && characters < STEP_CHARACTERS; ) {
        if (copy.run(high).changes === 0) return { rows, unindexed: 0 };
        const row = picked.get();
        high = Number(row?.["high"]);
        rows = Number(row?.["rows"]);
        characters = Number(row?.["characters"]);
      }
      return { rows, unindexed: last - high };
    },
    derive() {
      if (high === low) return;
      indexTransaction(db, () => {
        if (advance.run(high, low).changes !== 1) throw new Error("something other than the service has written to it");
        derivation.add();
      });
      clear.run();
    },
    miscount() {
      const row = counts.get();
      return row?.["covered"] === row?.["there"] ? undefined : `it covers ${row?.["covered"]} rows, but there are ${row?.["there"]}`;
    },
    ...createExclusion(db, derivation),
    ...createPageCheck(db),
  };
}

function createExclusion(db: DatabaseSync, derivation: Derivation): Pick<IndexOperations, "exclude" | "forget" | "include"> {
  const GIVEN = "SELECT value FROM json_each(?)";
  const COVERED = `INSERT INTO picked SELECT ${PICKED_COLUMNS} FROM messages NOT INDEXED WHERE seq <= (SELECT high FROM index_state)`;
  const clear = db.prepare("DELETE FROM picked");
  const pickCovered = db.prepare(`${COVERED} AND seq IN (${GIVEN}) AND seq NOT IN (SELECT seq FROM excluded_messages)`);
  const pickExcluded = db.prepare(`${COVERED} AND seq IN (SELECT seq FROM excluded_messages)`);
  const exclude = db.prepare(`INSERT OR IGNORE INTO excluded_messages ${GIVEN}`);
  const number = db.prepare("UPDATE index_state SET removals = ?");
  const forget = db.prepare(`DELETE FROM excluded_messages WHERE seq IN (${GIVEN})`);

  return {
    exclude: (seqs) =>
      indexTransaction(db, () => {
        const given = JSON.stringify(seqs);
        clear.run();
        pickCovered.run(given);
        derivation.subtract();
        clear.run();
        exclude.run(given);
        const removal = Math.max(readIndexState(db).removals, readStoreState(db).removals) + 1;
        number.run(removal);
        return removal;
      }),
    forget: (seqs) => void forget.run(JSON.stringify(seqs)),
    include: () =>
      indexTransaction(db, () => {
        clear.run();
        pickExcluded.run();
        derivation.add();
        clear.run();
        db.exec("DELETE FROM excluded_messages");
      }),
  };
}

/** BEGIN IMMEDIATE would also begin a transaction of the attached main file, and hold its snapshot while rows are derived. */
function indexTransaction<T>(db: DatabaseSync, work: () => T): T {
  return transaction(db, work, "BEGIN");
}
