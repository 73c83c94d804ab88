import { existsSync } from "node:fs";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { SqliteLocation } from "../../../core/database-location.ts";
import type { TransferRow, TransferSource, TransferTarget } from "../../shared/transfer.ts";
import { DatabaseError, openDatabase, transaction } from "../database.ts";
import { locateFiles } from "../files.ts";
import { migrate, readVersion, SCHEMA_VERSION } from "../migrations.ts";
import { becomeOwner } from "../owner.ts";

/** Opens a file to copy from, even while a service uses it. Throws `DatabaseError` if it is missing or has another version. */
export function openSqliteSource(location: SqliteLocation): TransferSource {
  const { location: path } = locateFiles(location);
  if (!existsSync(path)) throw new DatabaseError(`Cannot open the database: ${path} must exist`);
  const db = openDatabase(path, { readOnly: true });
  if (readVersion(db) === SCHEMA_VERSION) return createSource(db);
  db.close();
  const state = `the schema of ${path} must be version ${SCHEMA_VERSION}`;
  throw new DatabaseError(`Cannot open the database: ${state}; start the service on it once`);
}

/** Opens or creates a file to copy to, as its owner. Throws `DatabaseError` if a service has it open. */
export function openSqliteTarget(location: SqliteLocation, nowMs: number): TransferTarget {
  const { location: path } = locateFiles(location);
  const ownership = becomeOwner(path, nowMs);
  const db = openDatabase(path);
  migrate(db);
  const insert = db.prepare(`
    INSERT INTO messages (seq, message_id, from_msisdn, to_msisdn, ts, text, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const insertPayload = db.prepare("INSERT INTO payloads (seq, payload) VALUES (?, ?)");
  const insertRemoved = db.prepare("INSERT INTO removed_messages (message_id) VALUES (?)");
  const setRemoved = db.prepare("UPDATE store_state SET given_seq = ?");
  const source = createSource(db);
  return {
    ...source,
    add: (rows) =>
      inTransaction(db, () => {
        for (const { seq, message_id: id, from, to, ts, text, created_at: createdAt, payload } of rows) {
          insert.run(seq, id, from, to, ts, text, createdAt);
          if (payload !== null) insertPayload.run(seq, payload);
        }
      }),
    addRemoved: (ids) =>
      inTransaction(db, () => {
        for (const id of ids) insertRemoved.run(id);
      }),
    finish: (removedSeq) => inTransaction(db, () => setRemoved.run(removedSeq)),
    async close() {
      await source.close();
      ownership.release();
    },
  };
}

async function inTransaction(db: DatabaseSync, work: () => unknown): Promise<void> {
  transaction(db, work);
}

function createSource(db: DatabaseSync): TransferSource {
  const rows = db.prepare(`
    SELECT seq, message_id, from_msisdn, to_msisdn, ts, text, created_at, payload FROM messages LEFT JOIN payloads USING (seq)
    WHERE seq > ? ORDER BY seq LIMIT ?`);
  const removed = db.prepare("SELECT message_id FROM removed_messages WHERE ? IS NULL OR message_id > ? ORDER BY message_id LIMIT ?");
  const extent = db.prepare("SELECT (SELECT max(seq) FROM messages) AS last, (SELECT given_seq FROM store_state) AS removed");
  return {
    rows: async (seq, limit) => rows.all(seq, limit).map(toRow),
    removedIds: async (after, limit) => removed.all(after ?? null, after ?? null, limit).map((row) => String(row["message_id"])),
    async extent() {
      const found = extent.get();
      return { lastSeq: Number(found?.["last"]), removedSeq: Number(found?.["removed"]) };
    },
    async close() {
      db.close();
    },
  };
}

function toRow(row: Record<string, SQLOutputValue>): TransferRow {
  const [text, payload] = [row["text"], row["payload"]];
  return {
    seq: Number(row["seq"]),
    message_id: String(row["message_id"]),
    from: String(row["from_msisdn"]),
    to: String(row["to_msisdn"]),
    ts: String(row["ts"]),
    text: text === null ? null : String(text),
    created_at: String(row["created_at"]),
    payload: payload === null ? null : String(payload),
  };
}
