import type { DatabaseSync } from "node:sqlite";
import { isTransient } from "../database.ts";
import { mismatch, readIndexState, readStoreState } from "./coverage.ts";
import {
  discardIndexFile, hasWal, identityOf, initialise, isTrustworthy, markOpen, openIndexFile, type IndexLocation,
} from "./index-file.ts";
import { createIndexOperations, type IndexOperations } from "./operations.ts";

export interface OpenIndex {
  readonly db: DatabaseSync;
  readonly operations: IndexOperations;
  readonly identity: string;
}

/** Opens the existing index if it may be used, otherwise an empty one. Throws SQLite's error if neither is possible. */
export function openIndex(at: IndexLocation): { readonly index: OpenIndex; readonly fault: string | undefined } {
  const hadWal = hasWal(at.location);
  let db: DatabaseSync | undefined;
  let fault: string | undefined;
  try {
    db = openIndexFile(at);
    const isNew = db.prepare("SELECT 1 FROM main.sqlite_schema LIMIT 1").get() === undefined;
    if (!isNew) {
      fault = reasonToDiscard(db, at.location, hadWal);
      if (fault === undefined) return { index: resume(db, at), fault };
    }
    db.close();
  } catch (error) {
    if (db?.isOpen) db.close();
    fault = reasonOf(error);
  }
  return { index: createIndex(at), fault };
}

/** Replaces the existing index with an empty one. Throws SQLite's error if that is not possible now. */
export function createIndex(at: IndexLocation): OpenIndex {
  discardIndexFile(at.location);
  const db = openIndexFile(at);
  try {
    initialise(db);
    return { db, operations: createIndexOperations(db), identity: identityOf(at.location) };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Why an error means that the index must be rebuilt. Rethrows errors that pass by themselves, such as a full disk. */
export function reasonOf(error: unknown): string {
  if (isTransient(error) || !(error instanceof Error)) throw error;
  return error.message;
}

function reasonToDiscard(db: DatabaseSync, location: string, hadWal: boolean): string | undefined {
  if (!isTrustworthy(db, location, hadWal)) return "it was not closed before the system stopped, or has another version";
  return mismatch(readIndexState(db), readStoreState(db));
}

function resume(db: DatabaseSync, at: IndexLocation): OpenIndex {
  const operations = createIndexOperations(db);
  markOpen(db, at.busyTimeoutMs);
  operations.include();
  return { db, operations, identity: identityOf(at.location) };
}
