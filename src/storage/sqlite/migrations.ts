import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { DatabaseError, explain, transaction } from "./database.ts";
import { FORMER_GENERATIONS } from "./history.ts";
import { ADOPTED_TABLE, setAside } from "./write/adoption.ts";

/**
 * The main file: the messages, and the two indexes that give every page without sorting. `ts` without its `Z` sorts by time:
 * `…:00` is a prefix of `…:00.5`, whereas `…:00.5Z` would sort before `…:00Z`.
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

/** Creates the index by `ts` if it is missing. */
export const MESSAGES_INDEX: string = "CREATE INDEX IF NOT EXISTS messages_by_ts ON messages (rtrim(ts, 'Z'), message_id);";

/**
 * The state that the main file holds beside the messages. `generation` names the present generation of the store, and
 * `former_generations` earlier ones: see `beginHistory`. `given_seq` is the highest `seq` whose message was removed. `removals`
 * numbers the transactions that removed messages, so that a reader can tell whether the index includes the last one. `edits`
 * counts rows that anything but this service changed or deleted, even while it was stopped: the triggers count every row, and a
 * removal by the service subtracts its own rows. The write probe uses the last two columns.
 */
const STORE_STATE = `
CREATE TABLE store_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  generation TEXT NOT NULL,
  given_seq INTEGER NOT NULL,
  removals INTEGER NOT NULL,
  edits INTEGER NOT NULL,
  probed_at TEXT,
  probe BLOB
);
CREATE TRIGGER messages_updated AFTER UPDATE ON messages BEGIN UPDATE store_state SET edits = edits + 1; END;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN UPDATE store_state SET edits = edits + 1; END;
`;

/** Up to version 3 the main file held what the index file holds now. */
const FORMERLY_DERIVED: readonly string[] = ["sender_messages", "index_state", "sender_counts", "time_counts", "messages_search"];
/** Those tables are renamed with this prefix and emptied a little at a time: see `createLeftovers`. */
export const LEFTOVER_PREFIX = "leftover_";

const migrations: readonly ((db: DatabaseSync) => void)[] = [createOrAdopt, rememberRemoved, keepPayloads, leaveIndex];

/** The schema version that this build writes, in `PRAGMA user_version`. */
export const SCHEMA_VERSION: number = migrations.length;

/** Brings the database to `SCHEMA_VERSION`, in one transaction. Throws `DatabaseError` for a newer database. */
export function migrate(db: DatabaseSync): void {
  const version = readVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new DatabaseError(
      `Cannot open the database: its schema must be version ${SCHEMA_VERSION} or earlier, not version ${version}; start a newer build`,
    );
  }
  if (version < 0) throw new DatabaseError(`Cannot open the database: its schema must be version 0 or later, not version ${version}`);
  const encoding = String(db.prepare("PRAGMA encoding").get()?.["encoding"]);
  // Text in another encoding is sorted by its bytes, which is not code point order, and the index file could not be attached.
  if (encoding !== "UTF-8") throw new DatabaseError(`Cannot open the database: its encoding must be UTF-8, not ${encoding}`);
  const isOurs = version === 0 || db.prepare("SELECT 1 FROM pragma_table_info('messages') WHERE name = 'seq'").get() !== undefined;
  if (!isOurs) {
    throw new DatabaseError(`Cannot open the database: its table messages must have a column seq; it may belong to another program`);
  }
  if (version === SCHEMA_VERSION) return;
  // Otherwise foreign keys of other tables would follow a renamed table (https://www.sqlite.org/lang_altertable.html), and a
  // dropped index would be overwritten page by page, although all that it holds is also in the rows, which stay.
  db.exec("PRAGMA foreign_keys=OFF; PRAGMA secure_delete=FAST");
  try {
    transaction(db, () => {
      for (const step of migrations.slice(version)) step(db);
      db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    });
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError(`Cannot create or upgrade the database: ${explain(error, db.location() ?? "")}`, { cause: error });
  }
  db.exec("PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON");
}

/** The schema version of a database, 0 if none of this service's builds has opened it. */
export function readVersion(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** Whether a table of this name exists. */
function hasTable(db: DatabaseSync, name: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
}

function createOrAdopt(db: DatabaseSync): void {
  if (hasTable(db, "messages")) setAside(db);
  // With IF NOT EXISTS, an index of that name on another table would be mistaken for this one.
  db.exec(MESSAGES_SCHEMA + MESSAGES_INDEX.replace("IF NOT EXISTS ", ""));
}

/** The id of a removed message is kept. */
function rememberRemoved(db: DatabaseSync): void {
  db.exec("CREATE TABLE removed_messages (message_id TEXT PRIMARY KEY) WITHOUT ROWID;");
}

/** What platforms sent, by the message's `seq`. */
function keepPayloads(db: DatabaseSync): void {
  db.exec("CREATE TABLE payloads (seq INTEGER PRIMARY KEY, payload TEXT NOT NULL);");
}

/**
 * Everything derived from the rows moves to a file of its own, where it is rebuilt; here the tables are only renamed, which is
 * quick.
 */
function leaveIndex(db: DatabaseSync): void {
  const removed = hasTable(db, "removal_state") ? db.prepare("SELECT last_seq FROM removal_state").get() : undefined;
  db.exec(`${STORE_STATE}${FORMER_GENERATIONS};`);
  db.prepare("INSERT INTO store_state VALUES (1, ?, ?, 0, 0, NULL, NULL)").run(randomUUID(), Number(removed?.["last_seq"] ?? 0));
  db.exec("DROP TABLE IF EXISTS removal_state; DROP TABLE IF EXISTS write_probe");
  if (hasTable(db, ADOPTED_TABLE)) db.exec(`UPDATE store_state SET given_seq = coalesce((SELECT max(rowid) FROM ${ADOPTED_TABLE}), 0)`);
  for (const name of FORMERLY_DERIVED) {
    if (hasTable(db, name)) db.exec(`ALTER TABLE ${name} RENAME TO ${LEFTOVER_PREFIX}${name}`);
  }
}
