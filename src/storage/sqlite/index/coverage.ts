import type { DatabaseSync } from "node:sqlite";
import { LAST_SEQ } from "../read/rows.ts";

/** The columns that `index_state` and `store_state` share: an index may be used with a store only if they match. */
export interface Coverage {
  readonly generation: string;
  readonly edits: number;
  readonly removals: number;
}

export interface StoreState extends Coverage {
  /** The highest `seq` ever given. */
  readonly last: number;
}

export interface IndexState extends Coverage {
  /** The watermark: see `createIndexTables`. */
  readonly high: number;
}

export const READ_INDEX_STATE = "SELECT generation, edits, removals, high FROM index_state";
export const READ_STORE_STATE: string = `SELECT generation, edits, removals, ${LAST_SEQ} AS last FROM store_state`;

type Row = Readonly<Record<string, unknown>> | undefined;

/** From a row of `READ_INDEX_STATE`. */
export function toIndexState(row: Row): IndexState {
  return { ...toCoverage(row), high: Number(row?.["high"]) };
}

/** From a row of `READ_STORE_STATE`. */
export function toStoreState(row: Row): StoreState {
  return { ...toCoverage(row), last: Number(row?.["last"]) };
}

/** The state recorded in the index. Throws SQLite's error. */
export function readIndexState(db: DatabaseSync): IndexState {
  return toIndexState(db.prepare(READ_INDEX_STATE).get());
}

/** The state recorded in the main file. Throws SQLite's error. */
export function readStoreState(db: DatabaseSync): StoreState {
  return toStoreState(db.prepare(READ_STORE_STATE).get());
}

/**
 * Why an index in this state must not be used with a store in that state; undefined if it may be. Read the index's state first:
 * a removal is numbered first in the index, then in the store.
 */
export function mismatch(index: IndexState, store: StoreState): string | undefined {
  if (index.generation !== store.generation) return "it belongs to another generation of the database";
  if (index.edits !== store.edits) return "rows were changed or deleted by something other than the service";
  if (index.removals < store.removals) return "it still has rows that were removed";
  if (!(index.high <= store.last)) return `it covers rows up to ${index.high}, but the last one is ${store.last}`;
  return undefined;
}

function toCoverage(row: Row): Coverage {
  return { generation: String(row?.["generation"]), edits: Number(row?.["edits"]), removals: Number(row?.["removals"]) };
}
