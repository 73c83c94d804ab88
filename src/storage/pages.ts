import type { SQLInputValue } from "node:sqlite";
import type { MessagePage, MessageQuery, StoredMessage } from "../core/message.ts";
import { compareRows, MESSAGE_COLUMNS, sortKey, tailBehind, toStoredMessage, type Prepare } from "./rows.ts";
import type { TimeCounts } from "./time-counts.ts";

/** An OFFSET walks what it skips; a greater one starts near its place instead. */
const MAX_SKIPPED_ROWS = 1_000;

/**
 * Pages by sender and time, whose cost depends neither on the number of rows nor on the offset. They need
 * a snapshot: counts, derived rows and the tail behind them must be of one moment.
 */
export function createPages(prepare: Prepare, timeCounts: TimeCounts): (query: Omit<MessageQuery, "q">) => MessagePage {
  function rows(sql: string, ...values: SQLInputValue[]): StoredMessage[] {
    return prepare(sql).all(...values).map(toStoredMessage);
  }

  function pageOfAll(key: string, limit: number, offset: number): MessagePage {
    const stored = timeCounts.countAll();
    const total = key === "" ? stored : timeCounts.countFrom(key);
    if (offset >= total) return { data: [], total };
    let start = { key, skip: offset };
    if (offset > MAX_SKIPPED_ROWS) {
      const position = stored - total + offset;
      const near = timeCounts.seek(position);
      start = { key: near.key, skip: position - near.before };
    }
    const sql = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE rtrim(ts, 'Z') >= ? ORDER BY rtrim(ts, 'Z'), message_id LIMIT ? OFFSET ?`;
    return { data: rows(sql, start.key, limit, start.skip), total };
  }

  function pageOfSender(from: string, key: string, limit: number, offset: number): MessagePage {
    const stored = timeCounts.countAll(from);
    const total = key === "" ? stored : timeCounts.countFrom(key, from);
    if (offset >= total) return { data: [], total };
    const tail = rows(`SELECT ${MESSAGE_COLUMNS} FROM ${tailBehind("sender_mark")} AND from_msisdn = ?`, from);
    const tailFrom = (least: string): StoredMessage[] => tail.filter((row) => sortKey(row.ts) >= least);
    const later = tailFrom(key);
    // However the tail's rows lie among the derived ones, the page begins with this one of them or later.
    const first = Math.max(0, offset - later.length);
    let start = { key, skip: first };
    if (first > MAX_SKIPPED_ROWS) {
      // Places among all rows of the sender, less those in the tail, are places among the derived ones.
      const derivedPosition = stored - total - (tail.length - later.length) + first;
      const near = timeCounts.seek(derivedPosition, from);
      const derivedBefore = near.before - (tail.length - tailFrom(near.key).length);
      start = { key: near.key, skip: derivedPosition - derivedBefore };
    }
    const hits = "SELECT seq FROM sender_messages WHERE from_msisdn = ? AND key >= ? ORDER BY key, message_id LIMIT ? OFFSET ?";
    const sql = `SELECT ${MESSAGE_COLUMNS} FROM (${hits}) AS hit CROSS JOIN messages ON messages.seq = hit.seq`;
    const merged = [...rows(sql, from, start.key, offset - first + limit, start.skip), ...later].sort(compareRows);
    return { data: merged.slice(offset - first, offset - first + limit), total };
  }

  return ({ from, since, limit, offset }) => {
    const key = since === undefined ? "" : sortKey(since);
    return from === undefined ? pageOfAll(key, limit, offset) : pageOfSender(from, key, limit, offset);
  };
}
