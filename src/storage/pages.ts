import type { SQLInputValue } from "node:sqlite";
import type { MessagePage, MessageQuery, StoredMessage } from "../core/message.ts";
import { compareRows, MESSAGE_COLUMNS, sortKey, TAIL, toStoredMessage, type Prepare } from "./rows.ts";
import { createTimeCounts } from "./time-counts.ts";

/** An OFFSET walks what it skips; a greater one starts near its place instead. */
const MAX_SKIPPED_ROWS = 1_000;

export interface Pages {
  /** How many messages are stored. */
  countAll(): number;
  /** A page by sender and time, whose cost depends neither on the number of rows nor on the offset. */
  page(query: Omit<MessageQuery, "q">): MessagePage;
}

/** Both need a snapshot: what is counted and the tail behind it must be of one moment. */
export function createPages(prepare: Prepare): Pages {
  const timeCounts = createTimeCounts(prepare);

  function number(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepare(sql).get(...values)?.["value"] ?? 0);
  }

  function rows(sql: string, ...values: SQLInputValue[]): StoredMessage[] {
    return prepare(sql).all(...values).map(toStoredMessage);
  }

  const countedRows = (): number => number("SELECT messages AS value FROM index_state");
  const tailRows = (key: string): number => number(`SELECT count(*) AS value FROM ${TAIL} AND rtrim(ts, 'Z') >= ?`, key);

  function pageOfAll(key: string, limit: number, offset: number): MessagePage {
    const stored = countedRows() + tailRows("");
    const total = key === "" ? stored : timeCounts.countFrom(key) + tailRows(key);
    if (offset >= total) return { data: [], total };
    let start = { key, skip: offset };
    if (offset > MAX_SKIPPED_ROWS) {
      const position = stored - total + offset;
      // Every row of the tail may lie before the place that is sought.
      const near = timeCounts.seek(Math.max(0, position - tailRows("")));
      start = { key: near.key, skip: position - near.before - (tailRows("") - tailRows(near.key)) };
    }
    const sql = `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE rtrim(ts, 'Z') >= ? ORDER BY rtrim(ts, 'Z'), message_id LIMIT ? OFFSET ?`;
    return { data: rows(sql, start.key, limit, start.skip), total };
  }

  function pageOfSender(from: string, key: string, limit: number, offset: number): MessagePage {
    const tail = rows(`SELECT ${MESSAGE_COLUMNS} FROM ${TAIL} AND from_msisdn = ? AND rtrim(ts, 'Z') >= ?`, from, key);
    const sent = number("SELECT count AS value FROM sender_counts WHERE from_msisdn = ?", from);
    const counted = key === "" ? sent : timeCounts.countFrom(key, from);
    const total = counted + tail.length;
    if (offset >= total) return { data: [], total };
    // However the tail's rows lie among the counted ones, the page begins at this one or later.
    const first = Math.max(0, offset - tail.length);
    let start = { key, skip: first };
    if (first > MAX_SKIPPED_ROWS) {
      const position = sent - counted + first;
      const near = timeCounts.seek(position, from);
      start = { key: near.key, skip: position - near.before };
    }
    const hits = "SELECT seq FROM sender_messages WHERE from_msisdn = ? AND key >= ? ORDER BY key, message_id LIMIT ? OFFSET ?";
    const sql = `SELECT ${MESSAGE_COLUMNS} FROM (${hits}) AS hit CROSS JOIN messages ON messages.seq = hit.seq`;
    const merged = [...rows(sql, from, start.key, offset - first + limit, start.skip), ...tail].sort(compareRows);
    return { data: merged.slice(offset - first, offset - first + limit), total };
  }

  return {
    countAll: () => countedRows() + tailRows(""),
    page({ from, since, limit, offset }) {
      const key = since === undefined ? "" : sortKey(since);
      return from === undefined ? pageOfAll(key, limit, offset) : pageOfSender(from, key, limit, offset);
    },
  };
}
