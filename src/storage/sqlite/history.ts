import type { DatabaseSync } from "node:sqlite";
import type { History } from "../../core/store.ts";
import { LAST_SEQ, type Prepare } from "./read/rows.ts";

/** The table of the former generations; in the main file, and in the owner's record. */
export const FORMER_GENERATIONS = "CREATE TABLE former_generations (generation TEXT PRIMARY KEY, last_seq INTEGER NOT NULL) WITHOUT ROWID";

/** The history of the database as its last owner recorded it beside the database: see `becomeOwner`. */
export interface RecordedHistory extends History {
  /** The highest `seq` that the generation has given. */
  readonly last: number;
}

/** The history in the main file. Throws SQLite's error. */
export function readHistory(prepare: Prepare): RecordedHistory {
  const state = prepare(`SELECT generation, ${LAST_SEQ} AS last FROM store_state`).get();
  return { generation: String(state?.["generation"]), last: Number(state?.["last"]), former: readFormer(prepare) };
}

/** Reads the table `FORMER_GENERATIONS` of any database. */
export function readFormer(prepare: Prepare): ReadonlyMap<string, number> {
  const rows = prepare("SELECT generation, last_seq FROM former_generations").all();
  return new Map(rows.map((row) => [String(row["generation"]), Number(row["last_seq"])]));
}

/** Marks a copy, so that it gets a new generation when it is first opened. Throws SQLite's error. */
export function markAsCopy(db: DatabaseSync): void {
  db.exec(`INSERT INTO former_generations SELECT generation, ${LAST_SEQ} FROM store_state WHERE true ON CONFLICT DO NOTHING`);
}
