import type { DatabaseSync } from "node:sqlite";
import { isTransient } from "../database.ts";
import { mismatch, readIndexState, readStoreState } from "./coverage.ts";
import { discardIndexFile, hasWal, identityOf, initialise, isTrustworthy, markOpen, openIndexFile, type IndexPlace } from "./index-file.ts";
import { createIndexOperations, type IndexOperations } from "./operations.ts";

export interface OpenIndex {
  readonly db: DatabaseSync;
  readonly operations: IndexOperations;
  readonly identity: string;
}

/** Opens the index that is there, if it may be used, else an empty one. Throws SQLite's error if neither is possible. */
export function openIndex(place: IndexPlace): { readonly index: OpenIndex; readonly fault: string | undefined } {
  const hadWal = hasWal(place.location);
  let db: DatabaseSync | undefined;
  let fault: string | undefined;
  try {
    db = openIndexFile(place);
    const isNew = db.prepare("SELECT 1 FROM main.sqlite_schema LIMIT 1").get() === undefined;
    if (!isNew) {
      fault = reasonToDiscard(db, place.location, hadWal);
      if (fault === undefined) return { index: resume(db, place), fault };
    }
    db.close();
  } catch (error) {
    if (db?.isOpen) db.close();
    fault = reasonOf(error);
  }
  return { index: createIndex(place), fault };
}

/** Replaces what is there by an empty index. Throws SQLite's error if that is not possible now. */
export function createIndex(place: IndexPlace): OpenIndex {
  discardIndexFile(place.location);
  const db = openIndexFile(place);
  initialise(db);
  return { db, operations: createIndexOperations(db), identity: identityOf(place.location) };
}

/** Why an error means that the index must begin again. Throws on what passes by itself, such as a full disk. */
export function reasonOf(error: unknown): string {
  if (isTransient(error) || !(error instanceof Error)) throw error;
  return error.message;
}

function reasonToDiscard(db: DatabaseSync, location: string, hadWal: boolean): string | undefined {
  if (!isTrustworthy(db, location, hadWal)) return "it was not closed before the system stopped, or is of another version";
  return mismatch(readIndexState(db), readStoreState(db));
}

function resume(db: DatabaseSync, place: IndexPlace): OpenIndex {
  const operations = createIndexOperations(db);
  markOpen(db);
  operations.include();
  return { db, operations, identity: identityOf(place.location) };
}
