import type { DatabaseSync } from "node:sqlite";
import { Cancelled } from "../cancellation.ts";
import { isTransient } from "../database.ts";
import { mismatch, READ_INDEX_STATE, READ_STORE_STATE, toIndexState, toStoreState } from "../index/coverage.ts";
import { createIndexTables, INDEX_SCHEMA, INDEX_TABLES } from "../index/schema.ts";
import { UNINDEXED_VIEW, type Prepare } from "./rows.ts";

/** If a removal commits between the two snapshots, the reader tries again; this many in a row do not happen. */
const MAX_ATTEMPTS = 10;

/** Reads in which messages and index are of one moment, whatever happens to the index. */
export interface Snapshots {
  /**
   * Runs `read` in one transaction. If the index cannot be used, runs it again with an empty one, so that it looks at every
   * row. Throws SQLite's error if the messages cannot be read either.
   */
  read<T>(read: () => T): T;
  /** Uses the index file at `location` from now on, or none. */
  attach(location: string | undefined): void;
}

export interface SnapshotOptions {
  readonly prepare: Prepare;
  /** Discards the prepared statements: one that has failed would report the same error again. */
  readonly forgetStatements: () => void;
  /** Called with the reason when the index cannot be used, once until the next `attach`. */
  readonly onFault: (reason: string) => void;
}

/**
 * The snapshot of the index is taken first, then that of the messages. So a row that the index covers is among the messages
 * unless it was removed meanwhile; in that case the store's number of removals is the greater one, and both snapshots are taken
 * again.
 */
export function createSnapshots(db: DatabaseSync, { prepare, forgetStatements, onFault }: SnapshotOptions): Snapshots {
  const index = createAttachment(db, forgetStatements);

  /** Undefined if a removal came between the two snapshots. */
  function attempt<T>(read: () => T): { readonly value: T } | undefined {
    db.exec("BEGIN");
    try {
      if (index.location() !== undefined) {
        const covered = toIndexState(prepare(READ_INDEX_STATE).get());
        const store = toStoreState(prepare(READ_STORE_STATE).get());
        if (covered.generation === store.generation && covered.removals < store.removals) return undefined;
        const reason = mismatch(covered, store);
        if (reason !== undefined) throw new Error(reason);
      }
      return { value: read() };
    } finally {
      // COMMIT would report the error of a failed statement again.
      if (db.isTransaction) db.exec("ROLLBACK");
    }
  }

  function attempts<T>(read: () => T): T {
    for (let left = MAX_ATTEMPTS; left > 0; left -= 1) {
      const result = attempt(read);
      if (result !== undefined) return result.value;
    }
    throw new Error("it still has rows that were removed");
  }

  function withoutIndex<T>(read: () => T, location: string, fault: unknown): T {
    let value: T;
    try {
      value = attempts(read);
    } catch (error) {
      // It fails without the index too, so the index is not at fault.
      index.attach(location);
      throw error;
    }
    onFault(fault instanceof Error ? fault.message : String(fault));
    return value;
  }

  return {
    read(read) {
      const location = index.location();
      try {
        return attempts(read);
      } catch (error) {
        if (location === undefined || isTransient(error) || error instanceof Cancelled) throw error;
        index.detach();
        return withoutIndex(read, location, error);
      }
    },
    attach(location) {
      index.detach();
      if (location === undefined) return;
      try {
        index.attach(location);
      } catch (error) {
        onFault(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** The index file, attached to a reader's connection; without one, empty tables of the same names stand in. */
interface Attachment {
  /** The location of the attached file, if any. */
  location(): string | undefined;
  /** Throws SQLite's error if the file cannot be opened; then none is attached. */
  attach(location: string): void;
  detach(): void;
}

function createAttachment(db: DatabaseSync, forgetStatements: () => void): Attachment {
  let attached: string | undefined;
  db.exec(UNINDEXED_VIEW);
  createIndexTables(db, "temp");
  return {
    location: () => attached,
    attach(location) {
      for (const table of INDEX_TABLES) db.exec(`DROP TABLE temp.${table}`);
      try {
        db.prepare(`ATTACH ? AS ${INDEX_SCHEMA}`).run(location);
        attached = location;
      } catch (error) {
        createIndexTables(db, "temp");
        throw error;
      }
    },
    detach() {
      if (attached === undefined) return;
      attached = undefined;
      forgetStatements();
      db.exec(`DETACH ${INDEX_SCHEMA}`);
      createIndexTables(db, "temp");
    },
  };
}
