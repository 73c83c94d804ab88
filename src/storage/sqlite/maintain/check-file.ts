import { DatabaseSync } from "node:sqlite";
import { createFaultList, inSnapshot, numberOf, type Check } from "./check.ts";
import { LAST_SEQ } from "../read/rows.ts";
import { migrate, readVersion, SCHEMA_VERSION } from "../migrations.ts";

const MAX_COMPLAINTS = 100;

/** SQLite's own words for what `REINDEX` or filling a derived table anew mends; pages that are damaged it tells in others. */
const MENDABLE = /^(?:row \d+ missing from index |wrong # of entries in index |malformed inverted index for FTS5 |unable to validate the inverted index for FTS5 |fts5: corruption )/;

/** What `PRAGMA integrity_check` complains about: all pages, all indexes, the search index's structure; empty where nothing. */
export function integrityComplaints(db: DatabaseSync): readonly string[] {
  const lines = db.prepare(`PRAGMA integrity_check(${MAX_COMPLAINTS})`).all().map((row) => String(row["integrity_check"]));
  return lines.filter((line) => line !== "ok");
}

/** Whether what is wrong can be made anew from the rows, which are sound. */
export function isMendable(complaints: readonly string[]): boolean {
  return complaints.every((line) => MENDABLE.test(line));
}

/** The pages, the B-trees and the indexes: https://www.sqlite.org/pragma.html#pragma_integrity_check */
export const checkIntegrity: Check = (db) => {
  const faults = createFaultList();
  // A complaint about a B-tree spans lines.
  for (const complaint of integrityComplaints(db)) faults.add(complaint.replaceAll(/\s+/g, " "));
  return faults.finding("every page, row and index entry can be read");
};

/** Whether the database has this build's schema version, and all tables and indexes as this build makes them; others may be there too. */
export const checkSchema: Check = (db) => {
  const version = readVersion(db);
  if (version > SCHEMA_VERSION) return { ok: false, detail: `it is version ${version}, of a newer build than this one, which knows ${SCHEMA_VERSION}` };
  if (version < SCHEMA_VERSION) return { ok: false, detail: `it is version ${version}: start the service once to bring it to ${SCHEMA_VERSION}` };
  using model = new DatabaseSync(":memory:");
  migrate(model);
  const sqlOf = (from: DatabaseSync): ReadonlyMap<string, unknown> =>
    new Map(from.prepare("SELECT type, name, sql FROM sqlite_schema").all().map((row) => [`${row["type"]} ${row["name"]}`, row["sql"]]));
  const found = sqlOf(db);
  const faults = createFaultList();
  for (const [name, sql] of sqlOf(model)) {
    if (!found.has(name)) faults.add(`the ${name} is missing`);
    else if (found.get(name) !== sql) faults.add(`the ${name} is not as this build makes it`);
  }
  return faults.finding(`version ${version}`);
};

/** Whether each mark, up to which something is derived, lies within the rows. */
export const checkMarks: Check = (db) =>
  inSnapshot(db, () => {
    const states = db.prepare("SELECT search_mark, count_mark, sender_mark, round_mark, reached_seq FROM index_state").all();
    const [state] = states;
    if (state === undefined) return { ok: false, detail: "index_state must have a row" };
    const last = numberOf(db, `SELECT ${LAST_SEQ} AS value`);
    const faults = createFaultList();
    for (const [name, mark] of Object.entries(state)) {
      if (typeof mark !== "number" || mark < 0 || mark > last) faults.add(`${name} is ${mark}, must be from 0 to ${last}`);
    }
    return faults.finding(Object.entries(state).map(([name, mark]) => `${name} ${mark}`).join(", ") + ` of ${last}`);
  });
