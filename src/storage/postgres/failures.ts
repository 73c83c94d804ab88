import { ConnectionLost, NoServer, PostgresError } from "../../postgres/errors.ts";

/**
 * What a failure of a batch means.
 *
 * - `elsewhere`: nothing is stored, and this connection does not help: look for the primary.
 * - `again`: nothing is stored, and the same may succeed in a moment.
 * - `refused`: nothing is stored, and the same will be refused again.
 * - `in_doubt`: it may be stored. To find out, send the same batch to the primary until it is confirmed.
 */
export type Meaning = "elsewhere" | "again" | "refused" | "in_doubt";

/** By SQLSTATE, or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html); `refused` if neither is here. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  "25006": "elsewhere", // read_only_sql_transaction: the server was demoted
  "40001": "again", // serialization_failure
  "40P01": "again", // deadlock_detected
  "40003": "in_doubt", // statement_completion_unknown
  "55P03": "again", // lock_not_available: the holder of the lock waits for a standby, or hangs
  "57014": "again", // query_canceled
  "53": "again", // insufficient_resources: disk or memory full, too many connections
  "58": "again", // system_error
  "26000": "again", // invalid_sql_statement_name: a pooler gave another server
  "42P05": "again", // duplicate_prepared_statement
  "0A000": "again", // feature_not_supported: a cached plan changed its result
  "08": "in_doubt", // connection_exception
  XX: "in_doubt", // internal_error
};

/** What the failure of a statement means for its effect and for the server. */
export function meaningOf(error: unknown): Meaning {
  if (error instanceof NoServer) return "elsewhere";
  if (error instanceof ConnectionLost) return error.outcome === "unsent" ? "elsewhere" : "in_doubt";
  if (!(error instanceof PostgresError)) return "refused";
  if (error.severity !== "ERROR") return "in_doubt";
  return MEANINGS[error.code] ?? MEANINGS[error.code.slice(0, 2)] ?? "refused";
}

/** Whether a single message of the batch may be the reason, so that the others would succeed without it. */
export function isOfOneMessage(error: unknown): boolean {
  // 54000 (program_limit_exceeded): too large for a row.
  return error instanceof PostgresError && /^(?:2[23]|54)/.test(error.code);
}

/** Whether to send a read once more, over another connection. */
export function isLostRead(error: unknown): boolean {
  return error instanceof ConnectionLost || (error instanceof PostgresError && (error.code === "25006" || error.code === "57P01"));
}
