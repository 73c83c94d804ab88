import { DatabaseSync } from "node:sqlite";
import { createFaultList, inIndexSnapshot, numberOf, type CheckFunction } from "./check.ts";
import { INDEX_SCHEMA } from "../index/schema.ts";
import { LAST_SEQ } from "../read/rows.ts";
import { migrate, readVersion, SCHEMA_VERSION } from "../migrations.ts";

const MAX_COMPLAINTS = 100;

/** SQLite's messages for damage that `REINDEX` repairs; those for damaged pages are different. */
const REPAIRABLE = /^(?:row \d+ missing from index |wrong # of entries in index )/;

/**
 * The complaints of `PRAGMA integrity_check` about one of the files (pages, indexes, the structure of the search index); empty
 * if there are none.
 */
export function integrityComplaints(db: DatabaseSync, schema = "main"): readonly string[] {
  const lines = db.prepare(`PRAGMA ${schema}.integrity_check(${MAX_COMPLAINTS})`).all().map((row) => String(row["integrity_check"]));
  return lines.filter((line) => line !== "ok");
}

/** Whether the rows are sound and only the table's indexes must be rebuilt. */
export function isRepairable(complaints: readonly string[]): boolean {
  return complaints.every((line) => REPAIRABLE.test(line));
}

/** Checks pages, B-trees and indexes: https://www.sqlite.org/pragma.html#pragma_integrity_check */
export const checkIntegrity: CheckFunction = (db) => {
  const faults = createFaultList();
  // A complaint about a B-tree has several lines.
  for (const complaint of integrityComplaints(db)) faults.add(complaint.replaceAll(/\s+/g, " "));
  return faults.finding("every page, row and index entry can be read");
};

/**
 * Whether the database has this build's schema version, and all tables and indexes as this build creates them; others may
 * exist, too.
 */
export const checkSchema: CheckFunction = (db) => {
  const version = readVersion(db);
  if (version > SCHEMA_VERSION) {
    return { ok: false, detail: `version ${version}, from a newer build: this build supports up to ${SCHEMA_VERSION}` };
  }
  if (version < SCHEMA_VERSION) {
    return { ok: false, detail: `version ${version}: start the service once to upgrade it to ${SCHEMA_VERSION}` };
  }
  using model = new DatabaseSync(":memory:");
  migrate(model);
  const sqlOf = (from: DatabaseSync): ReadonlyMap<string, unknown> =>
    new Map(from.prepare("SELECT type, name, sql FROM sqlite_schema").all().map((row) => [`${row["type"]} ${row["name"]}`, row["sql"]]));
  const found = sqlOf(db);
  const faults = createFaultList();
  for (const [name, sql] of sqlOf(model)) {
    if (!found.has(name)) faults.add(`the ${name} is missing`);
    else if (found.get(name) !== sql) faults.add(`the ${name} differs from the one that this build creates`);
  }
  return faults.finding(`version ${version}`);
};

/** Whether the index file can be read and matches the rows. */
export const checkIndex: CheckFunction = (db) => {
  const faults = createFaultList();
  for (const complaint of integrityComplaints(db, INDEX_SCHEMA)) faults.add(complaint.replaceAll(/\s+/g, " "));
  return inIndexSnapshot(db, (high) => {
    const last = numberOf(db, `SELECT ${LAST_SEQ} AS value`);
    return faults.finding(`it covers the rows up to ${high} of ${last}`);
  });
};
