import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database.ts";
import { LEFTOVER_PREFIX } from "../migrations.ts";

/** Rows deleted in one transaction. Rows of the search index are pages of 4 KiB; the others are short. */
const ROWS_AT_ONCE = 1_000;
const SEARCH_ROWS_AT_ONCE = 64;

/**
 * Deletes the tables that an upgrade left in the main file, a little at a time: a commit waits for it for some milliseconds at
 * most.
 */
export interface Leftovers {
  /** Deletes some rows, and gives how many; 0 once nothing is left. */
  dropSome(): number;
}

/** The column or columns that identify a row of each table, and how many rows one transaction deletes. */
const TABLES: readonly (readonly [name: string, key: string, rows: number])[] = [
  ["sender_messages", "from_msisdn, key, message_id", ROWS_AT_ONCE],
  ["time_counts", "scope, level, prefix", ROWS_AT_ONCE],
  ["sender_counts", "from_msisdn", ROWS_AT_ONCE],
  ["index_state", "id", ROWS_AT_ONCE],
  // The tables in which FTS5 keeps a search index (https://www.sqlite.org/fts5.html#fts5_data_structures); its other shadow
  // tables are small.
  ["messages_search_data", "id", SEARCH_ROWS_AT_ONCE],
  ["messages_search_idx", "segid, term", ROWS_AT_ONCE],
];
const SEARCH = `${LEFTOVER_PREFIX}messages_search`;

/** Each step is a transaction of its own. Throws SQLite's error. */
export function createLeftovers(db: DatabaseSync): Leftovers {
  function deleteSome(table: string, key: string, rows: number): number {
    return Number(db.prepare(`DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} LIMIT ${rows})`).run().changes);
  }

  return {
    dropSome() {
      const present = leftoverTables(db);
      if (present.size === 0) return 0;
      // Otherwise SQLite protects the shadow tables of a virtual table from writes.
      db.enableDefensive(false);
      try {
        return transaction(db, () => {
          for (const [name, key, rows] of TABLES) {
            const table = LEFTOVER_PREFIX + name;
            if (!present.has(table)) continue;
            const deleted = deleteSome(table, key, rows);
            if (deleted > 0) return deleted;
            if (!table.startsWith(SEARCH)) db.exec(`DROP TABLE ${table}`);
          }
          if (present.has(SEARCH)) db.exec(`DROP TABLE ${SEARCH}`);
          return 0;
        });
      } finally {
        db.enableDefensive(true);
      }
    },
  };
}

/** About how many rows `Leftovers` has to delete: one per message, since counting them would mean walking them. */
export function estimateLeftovers(db: DatabaseSync): number {
  if (leftoverTables(db).size === 0) return 0;
  return Math.max(1, Number(db.prepare("SELECT max(seq) AS rows FROM messages").get()?.["rows"]));
}

function leftoverTables(db: DatabaseSync): ReadonlySet<string> {
  const named = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, ?) = ?");
  return new Set(named.all(LEFTOVER_PREFIX.length, LEFTOVER_PREFIX).map(({ name }) => String(name)));
}
