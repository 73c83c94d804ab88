import type { DatabaseSync } from "node:sqlite";
import { parseStoredTime } from "../../../core/stored-time.ts";
import { DatabaseError, transaction } from "../database.ts";

/** The table of a FastAPI build while its rows are moved: each row is in it or in `messages`, never in both. */
export const ADOPTED_TABLE = "messages_adopted";

const COLUMNS: readonly string[] = ["message_id", "from_msisdn", "to_msisdn", "ts", "text", "created_at"];
/** Later messages get higher numbers, which must remain exact in JavaScript. */
const MAX_ROWID = 2 ** 52;
/** Rows moved in one transaction: a batch that arrives meanwhile waits about 20 ms. */
const ROWS_AT_ONCE = 1_000;

// An earlier build may have stored NULL, or bytes, where this one stores text.
const MOVE = `
  INSERT INTO messages (seq, message_id, from_msisdn, to_msisdn, ts, text, created_at)
  SELECT rowid, message_id, CAST(coalesce(from_msisdn, '') AS TEXT), CAST(coalesce(to_msisdn, '') AS TEXT),
    utc(CAST(coalesce(ts, '') AS TEXT)), CAST(text AS TEXT), CAST(coalesce(created_at, '') AS TEXT)
  FROM ${ADOPTED_TABLE}`;

/**
 * Moves the rows of an earlier build into `messages`, a little at a time; `seq` is their former rowid. All methods throw SQLite's
 * errors.
 */
export interface Adoption {
  /** The maximum number of rows left: exact at the start, 0 once none is left. Free of cost. */
  remaining(): number;
  /** Moves the row with this id, if there is one, in the open transaction. */
  take(messageId: string): void;
  /** Moves some rows in a transaction of its own. */
  moveSome(): void;
}

/**
 * Renames the table `messages` of an earlier build, in the open transaction; this takes the same time for ten rows and ten
 * million. Throws `DatabaseError`, before any change, if the table has something that could not be kept: other columns,
 * triggers, foreign keys, rows without an id of their own.
 */
export function setAside(db: DatabaseSync): void {
  refuseForeign(db);
  // Views and foreign keys that name `messages` mean the table that replaces it.
  db.exec("PRAGMA legacy_alter_table=ON");
  const indexes = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'messages' AND sql IS NOT NULL").all();
  for (const { name } of indexes) db.exec(`DROP INDEX "${String(name).replaceAll('"', '""')}"`);
  db.exec(`ALTER TABLE messages RENAME TO ${ADOPTED_TABLE}; PRAGMA legacy_alter_table=OFF`);
}

/** Continues where an earlier process stopped, wherever that was. */
export function createAdoption(db: DatabaseSync): Adoption {
  const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(ADOPTED_TABLE) !== undefined;
  if (!isThere) return { remaining: () => 0, take: () => undefined, moveSome: () => undefined };
  db.function("utc", { deterministic: true }, (ts) => normalizeStored(String(ts)));
  const last = db.prepare(`SELECT max(rowid) AS seq FROM (SELECT rowid FROM ${ADOPTED_TABLE} ORDER BY rowid LIMIT ${ROWS_AT_ONCE})`);
  const move = db.prepare(`${MOVE} WHERE rowid <= ? ORDER BY rowid`);
  const drop = db.prepare(`DELETE FROM ${ADOPTED_TABLE} WHERE rowid <= ?`);
  const moveOne = db.prepare(`${MOVE} WHERE message_id = ?`);
  const dropOne = db.prepare(`DELETE FROM ${ADOPTED_TABLE} WHERE message_id = ?`);
  // Counted in the index of the ids: a second for ten million. An empty table counts as one row, so that it is dropped, too.
  let remaining = Number(db.prepare(`SELECT count(*) AS rows FROM ${ADOPTED_TABLE}`).get()?.["rows"]) || 1;

  return {
    remaining: () => remaining,
    take(messageId) {
      if (remaining > 0 && moveOne.run(messageId).changes > 0) dropOne.run(messageId);
    },
    moveSome() {
      remaining = transaction(db, () => {
        const seq = last.get()?.["seq"];
        if (typeof seq !== "number") {
          db.exec(`DROP TABLE ${ADOPTED_TABLE}`);
          return 0;
        }
        const moved = Number(move.run(seq).changes);
        drop.run(seq);
        return Math.max(1, remaining - moved);
      });
    },
  };
}

function refuseForeign(db: DatabaseSync): void {
  const names = (sql: string): readonly string[] => db.prepare(sql).all().map(({ name }) => String(name));
  // With generated columns.
  const columns = names("SELECT name FROM pragma_table_xinfo('messages')");
  const missing = COLUMNS.filter((name) => !columns.includes(name));
  if (missing.length > 0) refuse(`must have the columns ${missing.join(", ")}`);
  const others = columns.filter((name) => !COLUMNS.includes(name));
  if (others.length > 0) refuse(`must have no other columns: rename the table, or drop ${others.join(", ")}`);
  const triggers = names("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'messages'");
  if (triggers.length > 0) refuse(`must have no triggers: drop ${triggers.join(", ")}`);
  const parents = names(`SELECT "table" AS name FROM pragma_foreign_key_list('messages')`);
  if (parents.length > 0) refuse(`must have no foreign keys, such as those to ${parents.join(", ")}`);
  const table = db.prepare("SELECT type, wr FROM pragma_table_list('messages') WHERE schema = 'main'").get();
  if (table?.["type"] !== "table" || table["wr"] !== 0) refuse("must be an ordinary table, with rowids");
  refuseIds(db);
}

/** Without a unique text as its id, a row could not be moved, or would be mistaken for another message. */
function refuseIds(db: DatabaseSync): void {
  const isAny = (condition: string): boolean => db.prepare(`SELECT 1 FROM messages WHERE ${condition} LIMIT 1`).get() !== undefined;
  // SQLite sorts numbers before all texts, and bytes after them: an index answers at once.
  for (const noText of ["message_id IS NULL", "message_id < ''", "message_id >= x''"]) {
    if (isAny(noText)) refuse("must have a text as message_id in every row");
  }
  const unique = db.prepare(`SELECT 1 FROM pragma_index_list('messages') AS list WHERE "unique" = 1 AND partial = 0
    AND (SELECT group_concat(name) FROM pragma_index_info(list.name)) = 'message_id'`).get();
  if (unique === undefined && db.prepare("SELECT 1 FROM messages GROUP BY message_id HAVING count(*) > 1 LIMIT 1").get() !== undefined) {
    refuse("must have no message_id in more than one row");
  }
  const outside = db.prepare(`SELECT (SELECT min(rowid) FROM messages) < 1 OR (SELECT max(rowid) FROM messages) > ${MAX_ROWID} AS outside`);
  if (outside.get()?.["outside"] === 1) refuse(`must have rowids from 1 to ${MAX_ROWID}`);
}

function refuse(requirement: string): never {
  throw new DatabaseError(`Cannot upgrade the database: its table messages ${requirement}`);
}

/** A text that is not a time stays as it is. */
function normalizeStored(ts: string): string {
  return parseStoredTime(ts)?.text ?? ts;
}
