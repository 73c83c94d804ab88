import type { DatabaseSync } from "node:sqlite";

/** Increase it with every change of the schema: an index of another version is dropped and rebuilt. */
export const INDEX_VERSION = 1;

/** The name under which readers attach the index file. */
export const INDEX_SCHEMA = "message_index";

/** The location of the index of the database at `location`: a path, or a `file:` URI for a database in memory. */
export function indexLocation(location: string): string {
  return location.startsWith("file:") ? location.replace("?", "-index?") : `${location}-index`;
}

/**
 * Creates the tables of an empty index in `schema`: `main` for the index file, `temp` for a reader without an index file.
 *
 * `index_state.high` is the watermark: the index covers exactly the rows with `seq` up to it that are not in
 * `excluded_messages`. `time_counts` counts the covered rows whose sort key begins with `prefix`, for all senders (`scope`
 * empty) and for each sender. The state identifies the store that the index covers: see `mismatch`.
 */
export function createIndexTables(db: DatabaseSync, schema: "main" | "temp"): void {
  db.exec(`
    CREATE TABLE ${schema}.index_state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      generation TEXT NOT NULL,
      edits INTEGER NOT NULL,
      removals INTEGER NOT NULL,
      high INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      senders INTEGER NOT NULL,
      boot TEXT NOT NULL
    );
    INSERT INTO ${schema}.index_state VALUES (1, '', 0, 0, 0, 0, 0, '');
    CREATE TABLE ${schema}.excluded_messages (seq INTEGER PRIMARY KEY);
    CREATE TABLE ${schema}.sender_messages (
      from_msisdn TEXT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (from_msisdn, key, message_id)
    ) WITHOUT ROWID;
    CREATE TABLE ${schema}.sender_counts (from_msisdn TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX ${schema}.sender_counts_by_count ON sender_counts (count DESC, from_msisdn);
    CREATE TABLE ${schema}.time_counts (
      scope TEXT NOT NULL, level INTEGER NOT NULL, prefix TEXT NOT NULL, count INTEGER NOT NULL,
      PRIMARY KEY (scope, level, prefix)
    ) WITHOUT ROWID;
    CREATE VIRTUAL TABLE ${schema}.messages_search USING fts5 (text, content = '', detail = none, columnsize = 0, tokenize = 'trigram');
    -- One segment per step: the default would write one per MiB. Eight are merged at once. Erased texts leave no trace.
    INSERT INTO ${schema}.messages_search (messages_search, rank) VALUES ('hashsize', 16777216), ('automerge', 8), ('secure-delete', 1);
  `);
}

/** The tables of an index; the virtual table is last. */
export const INDEX_TABLES: readonly string[] = [
  "index_state", "excluded_messages", "sender_messages", "sender_counts", "time_counts", "messages_search",
];
