import type { DatabaseSync } from "node:sqlite";
import { LAST_SEQ } from "../read/rows.ts";

/** Rows to remove, once the index has excluded them. */
export interface RemovalRequest {
  readonly seqs: readonly number[];
  /** The number that the index gave the removal; undefined if the index could not be reached, so that it no longer matches. */
  readonly removal: number | undefined;
}

/** Removes messages from the main file; their ids stay in `removed_messages`. */
export interface Removal {
  /** Whether any message has been removed so far; if so, ids must be looked up in `removed_messages`, too. */
  hasRemoved(): boolean;
  /** Removes rows in the open transaction, and gives how many. */
  remove(request: RemovalRequest): number;
}

export function createRemoval(db: DatabaseSync): Removal {
  const isAny = db.prepare("SELECT 1 FROM removed_messages LIMIT 1");
  const ROWS = "WHERE seq IN (SELECT value FROM json_each(?))";
  const remember = db.prepare(`INSERT OR IGNORE INTO removed_messages (message_id) SELECT message_id FROM messages NOT INDEXED ${ROWS}`);
  const dropPayloads = db.prepare(`DELETE FROM payloads ${ROWS}`);
  const lastGiven = db.prepare(`UPDATE store_state SET given_seq = ${LAST_SEQ}`);
  const drop = db.prepare(`DELETE FROM messages ${ROWS}`);
  // The trigger has counted each row as an edit.
  const record = db.prepare("UPDATE store_state SET edits = edits - ?, removals = max(removals, coalesce(?, removals + 1))");

  return {
    hasRemoved: () => isAny.get() !== undefined,
    remove({ seqs, removal }) {
      const rows = JSON.stringify(seqs);
      remember.run(rows);
      dropPayloads.run(rows);
      lastGiven.run();
      const removed = Number(drop.run(rows).changes);
      record.run(removed, removal ?? null);
      return removed;
    },
  };
}
