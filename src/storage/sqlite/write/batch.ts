import type { DatabaseSync } from "node:sqlite";
import type { Message } from "../../../core/message.ts";
import type { InsertOutcome } from "../../../core/store.ts";
import { CommitInDoubt, isInputOutputError, leavesInDoubt } from "../database.ts";
import type { Adoption } from "./adoption.ts";
import { createRemoval, type RemovalRequest } from "./removal.ts";
import { LAST_SEQ } from "../read/rows.ts";

/** How one message of a committed batch ended, as one byte across threads. */
export const CREATED = 0;
export const DUPLICATE = 1;
export const CONFLICT = 2;

/** Fields of a message in a batch's flat array: `message_id, from, to, ts, text`. */
export const FIELDS_PER_MESSAGE = 5;
/** One array per batch: crossing threads costs a fifth of what an array of objects costs. */
export type FlatBatch = readonly (string | null)[];

export interface BatchWriter {
  /**
   * Stores a batch in one transaction. Returns one outcome per message after COMMIT. Throws if nothing was stored; throws
   * `CommitInDoubt` if that is unknown. After an I/O error nothing more is written: every later call throws that error.
   */
  write(batch: FlatBatch, createdAt: string, payloads?: readonly (string | null)[]): Uint8Array;
  /** Removes rows in one transaction, and gives how many. */
  remove(request: RemovalRequest): number;
  /** Proves that pages can be allocated, that a message could be stored and that a write reaches the disk. Throws if not. */
  probe(checkedAt: string): void;
}

export interface BatchWriterOptions {
  /** Whether messages are going to be removed. The ids of messages that were removed earlier are looked up in any case. */
  readonly removes?: boolean;
  /** For the rows that an earlier build stored. */
  readonly adoption?: Adoption;
}

const NOT_STORED = "an inserted row was not stored: remove any trigger that prevents it";

/** Writes through one connection, with statements that are prepared once. */
export function createBatchWriter(db: DatabaseSync, { removes = false, adoption }: BatchWriterOptions = {}): BatchWriter {
  const transaction = createTransaction(db);
  const removal = createRemoval(db);
  let looksUpRemoved = removes || removal.hasRemoved();
  const insert = db.prepare(`
    INSERT INTO messages (seq, message_id, from_msisdn, to_msisdn, ts, text, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO NOTHING`);
  const lastSeq = db.prepare(`SELECT ${LAST_SEQ} AS seq`);
  const insertPayload = db.prepare("INSERT INTO payloads (seq, payload) VALUES (?, ?)");
  const wasRemoved = db.prepare("SELECT 1 FROM removed_messages WHERE message_id = ?");
  const stored = db.prepare("SELECT from_msisdn = ? AND to_msisdn = ? AND ts = ? AND text IS ? AS same FROM messages WHERE message_id = ?");
  const allocate = db.prepare("UPDATE store_state SET probe = zeroblob(65536)");
  const touch = db.prepare("UPDATE store_state SET probed_at = ?");

  function nextSeq(): number {
    const seq = lastSeq.get()?.["seq"];
    if (typeof seq !== "number") throw new Error("the table store_state must have exactly one row");
    return seq + 1;
  }

  function insertAll(batch: FlatBatch, createdAt: string, payloads: readonly (string | null)[]): Uint8Array {
    const outcomes = new Uint8Array(batch.length / FIELDS_PER_MESSAGE);
    let seq = nextSeq();
    for (let index = 0; index < outcomes.length; index += 1) {
      const at = index * FIELDS_PER_MESSAGE;
      const id = batch[at] ?? null;
      const from = batch[at + 1] ?? null;
      const to = batch[at + 2] ?? null;
      const ts = batch[at + 3] ?? null;
      const text = batch[at + 4] ?? null;
      if (looksUpRemoved && wasRemoved.get(id) !== undefined) {
        outcomes[index] = DUPLICATE;
        continue;
      }
      if (id !== null && adoption !== undefined && adoption.remaining() > 0) adoption.take(id);
      if (insert.run(seq, id, from, to, ts, text, createdAt).changes === 1) {
        const payload = payloads[index] ?? null;
        if (payload !== null) insertPayload.run(seq, payload);
        seq += 1;
        continue;
      }
      const found = stored.get(from, to, ts, text, id);
      // Not a repeat: a trigger of another program has ignored the row.
      if (found === undefined) throw new Error(NOT_STORED);
      outcomes[index] = found["same"] === 1 ? DUPLICATE : CONFLICT;
    }
    return outcomes;
  }

  return {
    write: (batch, createdAt, payloads = []) => transaction(() => insertAll(batch, createdAt, payloads)),
    remove(request) {
      const removed = transaction(() => removal.remove(request));
      if (removed > 0) looksUpRemoved = true;
      return removed;
    },
    probe(checkedAt) {
      transaction(() => {
        db.exec("SAVEPOINT allocation");
        allocate.run();
        // What every delivery needs: the tables, and the pages of their indexes for the present time.
        wasRemoved.get(checkedAt);
        if (insert.run(nextSeq(), `probe ${checkedAt}`, "", "", checkedAt, null, checkedAt).changes !== 1) throw new Error(NOT_STORED);
        insertPayload.run(Number.MAX_SAFE_INTEGER, "");
        db.exec("ROLLBACK TO allocation; RELEASE allocation");
        touch.run(checkedAt);
      });
    },
  };
}

/** Runs work in one transaction. Throws `CommitInDoubt` as `write` does; after an I/O error every later call throws that error. */
function createTransaction(db: DatabaseSync): <T>(work: () => T) => T {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  let broken: unknown;
  return (work) => {
    if (broken !== undefined) throw broken;
    let committing = false;
    try {
      begin.run();
      const result = work();
      committing = true;
      commit.run();
      return result;
    } catch (error) {
      if (isInputOutputError(error)) broken = error;
      // FULL and IOERR have rolled back already: ROLLBACK would throw and hide the first error.
      if (db.isTransaction) db.exec("ROLLBACK");
      throw committing && leavesInDoubt(error) ? new CommitInDoubt("Cannot commit", { cause: error }) : error;
    }
  };
}

/** A batch as it crosses to the writer thread; payloads are null for most messages. */
export function flatten(messages: readonly Message[]): { readonly batch: FlatBatch; readonly payloads: readonly (string | null)[] } {
  const batch: (string | null)[] = [];
  const payloads: (string | null)[] = [];
  for (const { messageId, from, to, ts, text, payload = null } of messages) {
    batch.push(messageId, from, to, ts, text);
    payloads.push(payload);
  }
  return { batch, payloads };
}

/** What the bytes of a committed batch mean. */
export function toOutcomes(bytes: Uint8Array): readonly InsertOutcome[] {
  const outcomes: InsertOutcome[] = [];
  for (const byte of bytes) outcomes.push(byte === CREATED ? "created" : byte === CONFLICT ? "conflict" : "duplicate");
  return outcomes;
}
