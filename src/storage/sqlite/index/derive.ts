import type { DatabaseSync } from "node:sqlite";
import { ALL_LEVELS, selectTimeCounts, SENDER_LEVELS, uncountTimes } from "../read/time-counts.ts";

/** Adds the rows of the temporary table `picked` to the index, or takes them out, in the open transaction. */
export interface Derivation {
  add(): void;
  subtract(): void;
}

/** Rows of `messages` as the index needs them. They are copied first, so that deriving them holds no snapshot of the main file. */
export const PICKED_TABLE = `
CREATE TEMP TABLE picked (
  seq INTEGER PRIMARY KEY, from_msisdn TEXT NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, folded TEXT
)`;
/** What `picked` takes from a row of `messages`; needs the function `fold_case`. */
export const PICKED_COLUMNS = "seq, from_msisdn, rtrim(ts, 'Z'), message_id, CASE WHEN text IS NOT NULL THEN fold_case(text) END";
/** The counts of the picked rows, in the order of `time_counts`. */
export const COUNTED_TABLE = `
CREATE TEMP TABLE counted (
  number INTEGER PRIMARY KEY, scope TEXT NOT NULL, level INTEGER NOT NULL, prefix TEXT NOT NULL, count INTEGER NOT NULL
)`;
/** Counts added by one statement: SQLite keeps a copy of each page that the statement changes, up to 4 MiB. */
const COUNTS_AT_ONCE = 1_024;

const IS_NEW = "from_msisdn NOT IN (SELECT from_msisdn FROM sender_counts)";

/** Its statements write the tables of `createIndexTables`. All throw SQLite's error. */
export function createDerivation(db: DatabaseSync): Derivation {
  const add = [
    `UPDATE index_state SET messages = messages + (SELECT count(*) FROM picked),
      senders = senders + (SELECT count(*) FROM (SELECT DISTINCT from_msisdn FROM picked WHERE ${IS_NEW}))`,
    "INSERT INTO messages_search (rowid, text) SELECT seq, folded FROM picked WHERE folded IS NOT NULL ORDER BY seq",
    // In the order of the table: a step's rows of one sender lie side by side, so few pages are written.
    // OR FAIL: the whole transaction is rolled back anyway. To undo this statement alone, SQLite would keep in memory a copy of
    // every page that the statement changes (https://www.sqlite.org/tempfiles.html#statement_journal_files): 100 MB with 50,000 senders.
    "INSERT OR FAIL INTO sender_messages SELECT from_msisdn, key, message_id, seq FROM picked ORDER BY from_msisdn, key, message_id",
    `INSERT INTO sender_counts SELECT from_msisdn, count(*) FROM picked GROUP BY 1
      ON CONFLICT (from_msisdn) DO UPDATE SET count = count + excluded.count`,
  ].map((sql) => db.prepare(sql));
  // In portions, to keep few such copies: OR FAIL does not apply to the update of an upsert.
  const count = [selectTimeCounts("''", ALL_LEVELS, "picked"), selectTimeCounts("from_msisdn", SENDER_LEVELS, "picked")]
    .map((sql) => db.prepare(`INSERT INTO counted (scope, level, prefix, count) ${sql}`));
  const addTimes = db.prepare(`INSERT INTO time_counts SELECT scope, level, prefix, count FROM counted
    WHERE number > :after AND number <= :after + ${COUNTS_AT_ONCE}
    ON CONFLICT (scope, level, prefix) DO UPDATE SET count = count + excluded.count`);
  const clearCounted = db.prepare("DELETE FROM counted");

  const forget = [
    // A contentless index must be given the text that it is to forget (https://www.sqlite.org/fts5.html#the_delete_command).
    "INSERT INTO messages_search (messages_search, rowid, text) SELECT 'delete', seq, folded FROM picked WHERE folded IS NOT NULL",
    "DELETE FROM sender_messages WHERE (from_msisdn, key, message_id) IN (SELECT from_msisdn, key, message_id FROM picked)",
    "UPDATE index_state SET messages = messages - (SELECT count(*) FROM picked)",
  ].map((sql) => db.prepare(sql));
  const uncountEach = [uncountTimes("''", ALL_LEVELS, "picked"), uncountTimes("from_msisdn", SENDER_LEVELS, "picked")]
    .map((sql) => db.prepare(`${sql} RETURNING scope, level, prefix, count`));
  const dropTime = db.prepare("DELETE FROM time_counts WHERE scope = ? AND level = ? AND prefix = ?");
  const uncount = db.prepare(`
    INSERT INTO sender_counts SELECT from_msisdn, count(*) FROM picked GROUP BY 1
    ON CONFLICT (from_msisdn) DO UPDATE SET count = count - excluded.count RETURNING from_msisdn, count`);
  const dropSender = db.prepare("DELETE FROM sender_counts WHERE from_msisdn = ?");
  const dropped = db.prepare("UPDATE index_state SET senders = senders - ?");

  return {
    add() {
      for (const statement of add) statement.run();
      for (const statement of count) {
        clearCounted.run();
        const counts = Number(statement.run().changes);
        for (let after = 0; after < counts; after += COUNTS_AT_ONCE) addTimes.run({ after });
      }
      clearCounted.run();
    },
    subtract() {
      for (const statement of forget) statement.run();
      for (const statement of uncountEach) {
        for (const { scope, level, prefix, count } of statement.all()) {
          if (count === 0) dropTime.run(String(scope), Number(level), String(prefix));
        }
      }
      const gone = uncount.all().filter(({ count }) => count === 0);
      for (const { from_msisdn: sender } of gone) dropSender.run(String(sender));
      dropped.run(gone.length);
    },
  };
}
