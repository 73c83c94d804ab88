import type { DatabaseSync } from "node:sqlite";
import type { Removed } from "../../shared/retention.ts";
import type { Erasure } from "../../../core/store.ts";
import { ALL_LEVELS, SENDER_LEVELS, upsertTimeCounts } from "../read/time-counts.ts";

/** Messages removed in one transaction: a batch that comes meanwhile waits some milliseconds for it. */
const REMOVED_AT_ONCE = 128;

/** Takes the oldest messages out of the database, with all that is derived from them; their ids stay in `removed_messages`. */
export interface Removal {
  /** Whether any message has been removed so far: then ids are looked up there too, and `seq` goes on behind the removed ones. */
  hasRemoved(): boolean;
  /**
   * Removes some of the messages received before `before` (a `created_at`), in the order in which they came, in the transaction
   * that is open.
   */
  remove(before: string): Removed;
  /** Takes some of these out, wherever they are in the order; all that is derived must have them. */
  erase(which: Erasure): Removed;
}

export function createRemoval(db: DatabaseSync): Removal {
  const state = db.prepare("SELECT last_seq FROM removal_state");
  // An earlier build wrote a space for the T.
  const oldest = db.prepare(`
    SELECT seq, replace(created_at, ' ', 'T') < ? AS old, seq <= (SELECT min(search_mark, count_mark, sender_mark) FROM index_state) AS derived
    FROM messages ORDER BY seq LIMIT ${REMOVED_AT_ONCE}`);
  const OLD = "messages NOT INDEXED WHERE seq IN (SELECT value FROM json_each(?1))";
  const ofId = db.prepare("SELECT seq FROM messages WHERE message_id = ?");
  const ofSender = db.prepare(`SELECT seq FROM sender_messages WHERE from_msisdn = ? LIMIT ${REMOVED_AT_ONCE}`);
  const remember = db.prepare(`INSERT OR IGNORE INTO removed_messages (message_id) SELECT message_id FROM ${OLD}`);
  // A contentless index must be told what it is to forget (https://www.sqlite.org/fts5.html#the_delete_command).
  const unsearch = db.prepare(`
    INSERT INTO messages_search (messages_search, rowid, text) SELECT 'delete', seq, fold_case(text) FROM ${OLD} AND text IS NOT NULL`);
  const uncountTimes = [upsertTimeCounts("''", ALL_LEVELS, OLD, "-"), upsertTimeCounts("from_msisdn", SENDER_LEVELS, OLD, "-")]
    .map((sql) => db.prepare(`${sql} RETURNING scope, level, prefix, count`));
  const dropTime = db.prepare("DELETE FROM time_counts WHERE scope = ? AND level = ? AND prefix = ?");
  const uncount = db.prepare(`
    INSERT INTO sender_counts (from_msisdn, count) SELECT from_msisdn, count(*) FROM ${OLD} GROUP BY 1
    ON CONFLICT (from_msisdn) DO UPDATE SET count = count - excluded.count RETURNING from_msisdn, count`);
  const dropSender = db.prepare("DELETE FROM sender_counts WHERE from_msisdn = ?");
  const unlist = db.prepare(`
    DELETE FROM sender_messages WHERE (from_msisdn, key, message_id) IN (SELECT from_msisdn, rtrim(ts, 'Z'), message_id FROM ${OLD})`);
  const dropPayloads = db.prepare("DELETE FROM payloads WHERE seq IN (SELECT value FROM json_each(?1))");
  const drop = db.prepare(`DELETE FROM ${OLD.replace("NOT INDEXED ", "")}`);
  const record = db.prepare("UPDATE index_state SET messages = messages - ?, senders = senders - ?");
  const recordLast = db.prepare("UPDATE removal_state SET last_seq = max(last_seq, ?)");

  function removeRows(seqs: readonly number[]): number {
    const last = JSON.stringify(seqs);
    remember.run(last);
    unsearch.run(last);
    for (const statement of uncountTimes) {
      for (const { scope, level, prefix, count } of statement.all(last)) {
        if (count === 0) dropTime.run(String(scope), Number(level), String(prefix));
      }
    }
    unlist.run(last);
    const gone = uncount.all(last).filter(({ count }) => count === 0);
    for (const { from_msisdn: sender } of gone) dropSender.run(String(sender));
    const removed = Number(drop.run(last).changes);
    record.run(removed, gone.length);
    recordLast.run(Math.max(...seqs));
    dropPayloads.run(last);
    return removed;
  }

  return {
    hasRemoved: () => Number(state.get()?.["last_seq"]) > 0,
    remove(before) {
      const seqs: number[] = [];
      let more = false;
      for (const { seq, old, derived } of oldest.all(before)) {
        more = old === 1;
        if (!more || derived !== 1) break;
        seqs.push(Number(seq));
      }
      return { messages: seqs.length === 0 ? 0 : removeRows(seqs), more };
    },
    erase(which) {
      const rows = "from" in which ? ofSender.all(which.from) : ofId.all(which.messageId);
      const seqs = rows.map(({ seq }) => Number(seq));
      return { messages: seqs.length === 0 ? 0 : removeRows(seqs), more: seqs.length === REMOVED_AT_ONCE };
    },
  };
}
