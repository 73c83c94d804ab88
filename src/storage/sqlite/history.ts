import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { History } from "../../core/store.ts";
import { transaction } from "./database.ts";
import { LAST_SEQ, type Prepare } from "./read/rows.ts";

/** The table of the former generations; in the main file, and in the owner's record. */
export const FORMER_GENERATIONS = "CREATE TABLE former_generations (generation TEXT PRIMARY KEY, last_seq INTEGER NOT NULL) WITHOUT ROWID";

/** What the last owner knew about the database, stored beside it: see `becomeOwner`. */
export interface RecordedHistory extends History {
  /** The highest `seq` that the generation has given. */
  readonly last: number;
}

/** What the main file says about its own history. Throws SQLite's error. */
export function readHistory(prepare: Prepare): RecordedHistory {
  const state = prepare(`SELECT generation, ${LAST_SEQ} AS last FROM store_state`).get();
  return { generation: String(state?.["generation"]), last: Number(state?.["last"]), former: readFormer(prepare) };
}

/** Reads the table `FORMER_GENERATIONS` of any database. */
export function readFormer(prepare: Prepare): ReadonlyMap<string, number> {
  const rows = prepare("SELECT generation, last_seq FROM former_generations").all();
  return new Map(rows.map((row) => [String(row["generation"]), Number(row["last_seq"])]));
}

/**
 * Gives the database a new generation if it may have gone back: if it is marked as a copy, or if it differs from what the last
 * owner recorded. Without a record nobody knows. Throws SQLite's error.
 */
export function beginHistory(db: DatabaseSync, recorded: RecordedHistory | undefined): void {
  const prepare: Prepare = (sql) => db.prepare(sql);
  transaction(db, () => {
    const found = readHistory(prepare);
    if (!mayHaveGoneBack(found, recorded)) return;
    // What is already known is exact.
    const remember = db.prepare("INSERT INTO former_generations VALUES (?, ?) ON CONFLICT DO NOTHING");
    remember.run(found.generation, found.last);
    if (recorded !== undefined) {
      const common = lastCommon(found, recorded);
      remember.run(recorded.generation, common);
      for (const [generation, last] of recorded.former) remember.run(generation, Math.min(common, last));
    }
    db.prepare("UPDATE store_state SET generation = ?").run(randomUUID());
  });
}

/** Marks a copy, so that it gets a new generation when it is first opened. Throws SQLite's error. */
export function markAsCopy(db: DatabaseSync): void {
  db.exec(`INSERT INTO former_generations SELECT generation, ${LAST_SEQ} FROM store_state WHERE true ON CONFLICT DO NOTHING`);
}

function mayHaveGoneBack(found: RecordedHistory, recorded: RecordedHistory | undefined): boolean {
  if (found.former.has(found.generation)) return true;
  if (recorded === undefined) return found.last > 0;
  return recorded.generation !== found.generation || recorded.last > found.last;
}

/** The last `seq` that both have, or an earlier one: a tail that begins too early misses nothing. */
function lastCommon(found: RecordedHistory, recorded: RecordedHistory): number {
  if (recorded.generation === found.generation) return found.last;
  return found.former.get(recorded.generation) ?? Math.min(found.last, recorded.former.get(found.generation) ?? 0);
}
