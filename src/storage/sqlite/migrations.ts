import type { DatabaseSync } from "node:sqlite";
import { parseTimestamp } from "../../core/timestamp.ts";
import { DatabaseError } from "./database.ts";

/**
 * The table, and the indexes that give every page without sorting. `ts` sorts in time once its `Z` is
 * dropped: without it `…:00` is a prefix of `…:00.5`, with it `…:00.5Z` would sort before `…:00Z`.
 *
 * What is derived from the rows (search, counts, each sender's messages) reaches up to a mark each and is
 * kept up by `Indexer`. As an index of `messages`, `sender_messages` would be written to on a page of its own
 * for nearly every message. `time_counts` counts the rows whose key begins with `prefix`, in all (`scope`
 * empty) and of each sender.
 *
 * What is kept of each sender advances in rounds, in the order of senders: it has the rows up to `sender_mark`, and
 * those up to `round_mark` whose sender and `seq` come no later than `reached_sender` and `reached_seq`.
 */
const MESSAGES_SCHEMA = `
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE,
  from_msisdn TEXT NOT NULL,
  to_msisdn TEXT NOT NULL,
  ts TEXT NOT NULL,
  text TEXT,
  created_at TEXT NOT NULL
);
`;

/** Makes it where it is missing. */
export const MESSAGES_INDEX: string = "CREATE INDEX IF NOT EXISTS messages_by_ts ON messages (rtrim(ts, 'Z'), message_id);";

/** What `Indexer` fills from the rows; made anew, it begins at the first of them. */
const DERIVED_SCHEMA = `
CREATE TABLE sender_messages (
  from_msisdn TEXT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (from_msisdn, key, message_id)
) WITHOUT ROWID;

CREATE TABLE index_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  search_mark INTEGER NOT NULL,
  count_mark INTEGER NOT NULL,
  sender_mark INTEGER NOT NULL,
  round_mark INTEGER NOT NULL,
  reached_sender TEXT NOT NULL,
  reached_seq INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  senders INTEGER NOT NULL
);
INSERT INTO index_state VALUES (1, 0, 0, 0, 0, '', 0, 0, 0);
CREATE TABLE sender_counts (from_msisdn TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sender_counts_by_count ON sender_counts (count DESC, from_msisdn);
CREATE TABLE time_counts (
  scope TEXT NOT NULL, level INTEGER NOT NULL, prefix TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (scope, level, prefix)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE messages_search USING fts5 (
  text, content = '', detail = none, columnsize = 0, tokenize = 'trigram'
);
-- Its segments are merged in each step of the indexer, a few pages at a time, and not in lumps that hold a commit up.
-- Of fewer at once each row would be copied more often (by 4, the default, half as often again), of more a search would read more.
INSERT INTO messages_search (messages_search, rank) VALUES ('automerge', 0), ('crisismerge', 64), ('usermerge', 8);
`;

/** The tables of `DERIVED_SCHEMA`. */
export const DERIVED_TABLES: readonly string[] = ["sender_messages", "index_state", "sender_counts", "time_counts", "messages_search"];

const SCHEMA = `${MESSAGES_SCHEMA}${MESSAGES_INDEX}${DERIVED_SCHEMA}
CREATE TABLE write_probe (id INTEGER PRIMARY KEY CHECK (id = 1), checked_at TEXT, payload BLOB);
INSERT INTO write_probe VALUES (1, NULL, NULL);
`;

const migrations: readonly ((db: DatabaseSync) => void)[] = [createOrAdopt, rememberRemoved, keepPayloads];

/** The schema version that this build writes, in `PRAGMA user_version`. */
export const SCHEMA_VERSION: number = migrations.length;

/** Brings the database to `SCHEMA_VERSION`, each step in one transaction. Throws `DatabaseError` for a newer database. */
export function migrate(db: DatabaseSync): void {
  const version = readVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new DatabaseError(
      `Cannot open the database: its schema is version ${version}, this build must be one that knows it (this one knows ${SCHEMA_VERSION})`,
    );
  }
  migrations.forEach((step, index) => {
    if (index < version) return;
    db.exec("BEGIN IMMEDIATE");
    try {
      step(db);
      db.exec(`PRAGMA user_version = ${index + 1}`);
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  });
}

/** The schema version of a database, 0 where none of this service's builds has opened it. */
export function readVersion(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
}

function createOrAdopt(db: DatabaseSync): void {
  const columns = db.prepare("SELECT name FROM pragma_table_info('messages')").all().map((row) => row["name"]);
  if (columns.length === 0) {
    db.exec(SCHEMA);
    return;
  }
  const missing = ["message_id", "from_msisdn", "to_msisdn", "ts", "text", "created_at"].filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new DatabaseError(`Cannot upgrade the database: its table messages must have the columns ${missing.join(", ")}`);
  }
  adopt(db);
}

/** What is removed for its age stays known by its id; `last_seq` is the last one's. */
function rememberRemoved(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE removed_messages (message_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE removal_state (id INTEGER PRIMARY KEY CHECK (id = 1), last_seq INTEGER NOT NULL);
    INSERT INTO removal_state VALUES (1, 0);`);
  // Version 1 kept each sender's counts up to another mark than its messages.
  deriveAnew(db);
}

/** What platforms sent, by the message's `seq`. */
function keepPayloads(db: DatabaseSync): void {
  db.exec("CREATE TABLE payloads (seq INTEGER PRIMARY KEY, payload TEXT NOT NULL);");
}

/** `Indexer` fills it; until then readers look at the rows themselves. */
export function deriveAnew(db: DatabaseSync): void {
  db.exec(DERIVED_TABLES.map((table) => `DROP TABLE IF EXISTS ${table};`).join(""));
  db.exec(DERIVED_SCHEMA);
}

/** Takes over the table of an earlier build, which kept `ts` as the sender wrote it. */
function adopt(db: DatabaseSync): void {
  db.function("utc", { deterministic: true }, (ts) => normalizeStored(String(ts)));
  const indexes = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'messages' AND sql IS NOT NULL").all();
  for (const { name } of indexes) db.exec(`DROP INDEX "${String(name).replaceAll('"', '""')}"`);
  db.exec("ALTER TABLE messages RENAME TO messages_adopted");
  db.exec(SCHEMA);
  db.exec(`
    INSERT INTO messages (message_id, from_msisdn, to_msisdn, ts, text, created_at)
      SELECT message_id, from_msisdn, to_msisdn, utc(ts), text, created_at
      FROM messages_adopted ORDER BY created_at, message_id;
    DROP TABLE messages_adopted;
  `);
}

/** Earlier builds took a space for the `T` and a time without zone, meaning UTC; what is no time at all stays as it is. */
function normalizeStored(ts: string): string {
  const withT = ts.replace(/^(\d{4}-\d\d-\d\d) /, "$1T");
  return (parseTimestamp(withT) ?? parseTimestamp(`${withT}Z`))?.text ?? ts;
}
