import type { DatabaseSync } from "node:sqlite";
import type { Finding } from "../../../core/maintenance.ts";
import { mismatch, readIndexState, readStoreState } from "../index/coverage.ts";

const MAX_ATTEMPTS = 20;

/** The rows that the index covers, up to `:high`. */
export const COVERED = "messages NOT INDEXED WHERE seq <= :high AND seq NOT IN (SELECT seq FROM excluded_messages)";

/** Reports progress: units done, of a total. */
export type ReportProgress = (done: number, total: number) => void;

/** Checks a database on a read-only connection. Throws SQLite's error if the file cannot be read. */
export type CheckFunction = (db: DatabaseSync, report: ReportProgress) => Finding;

/**
 * Reads rows and index of one moment in one transaction. The snapshot of the index is taken first, as readers do. Retries if a
 * service removes rows at that moment. Throws if the index does not match the rows.
 */
export function inIndexSnapshot<T>(db: DatabaseSync, read: (high: number) => T): T {
  for (let attempt = 1; ; attempt += 1) {
    db.exec("BEGIN");
    try {
      const index = readIndexState(db);
      const reason = mismatch(index, readStoreState(db));
      if (reason === undefined) return read(index.high);
      if (attempt === MAX_ATTEMPTS) throw new Error(`the index does not match the rows: ${reason}`);
    } finally {
      if (db.isTransaction) db.exec("COMMIT");
    }
  }
}

/** The result of a query that gives one whole number in a column `value`; 0 for NULL. */
export function numberOf(db: DatabaseSync, sql: string, ...values: readonly (string | number)[]): number {
  return Number(db.prepare(sql).get(...values)?.["value"] ?? 0);
}

/** Keeps the first few of many faults: a report with millions helps nobody. */
export interface FaultList {
  add(fault: string): void;
  finding(sound: string): Finding;
}

const MAX_FAULTS_SHOWN = 3;

export function createFaultList(): FaultList {
  const shown: string[] = [];
  let count = 0;
  return {
    add(fault) {
      count += 1;
      if (shown.length < MAX_FAULTS_SHOWN) shown.push(fault);
    },
    finding(sound) {
      if (count === 0) return { ok: true, detail: sound };
      const more = count > shown.length ? `; and ${count - shown.length} more` : "";
      return { ok: false, detail: `${shown.join("; ")}${more}` };
    },
  };
}
