import type { SQLInputValue } from "node:sqlite";
import { LAST } from "../../../core/order.ts";
import { isCorrupt } from "../database.ts";
import type { Prepare } from "./rows.ts";

/** The lengths of the key prefixes that are counted for all rows: day, hour, minute and second. */
export const ALL_LEVELS: readonly number[] = [10, 13, 16, 19];
/** The lengths of the key prefixes that are counted for each sender: day and hour. */
export const SENDER_LEVELS: readonly number[] = [10, 13];

/**
 * How many rows of all senders, or of one, there are from a time on. Computed from counts of prefixes, so that a count walks only
 * the rows of one bucket and those that are not indexed, and a seek only the latter.
 */
export interface TimeCounts {
  /** How many rows there are. */
  countAll(sender?: string): number;
  /** How many rows have this key or a later one. */
  countFrom(key: string, sender?: string): number;
  /** A key, and how many rows come before it: at most `position`, and not many fewer. */
  seek(position: number, sender?: string): { readonly key: string; readonly before: number };
}

export function createTimeCounts(prepare: Prepare): TimeCounts {
  function number(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepare(`SELECT (${sql}) AS value`).get(...values)?.["value"] ?? 0);
  }

  /** Counts the unindexed rows one by one. */
  function unindexed(sender: string | undefined, from: string, to: string): number {
    const rows = "SELECT count(*) FROM unindexed_messages WHERE rtrim(ts, 'Z') >= ? AND rtrim(ts, 'Z') < ?";
    return sender === undefined ? number(rows, from, to) : number(`${rows} AND from_msisdn = ?`, from, to, sender);
  }

  /** Counts the rows of one bucket one by one. */
  function walk(sender: string | undefined, from: string, to: string): number {
    const range = "rtrim(ts, 'Z') >= ?1 AND rtrim(ts, 'Z') < ?2";
    if (sender === undefined) return number(`SELECT count(*) FROM messages WHERE ${range}`, from, to);
    return number(
      `(SELECT count(*) FROM sender_messages WHERE from_msisdn = ?3 AND key >= ?1 AND key < ?2)
        + (SELECT count(*) FROM unindexed_messages WHERE from_msisdn = ?3 AND ${range})`,
      from,
      to,
      sender,
    );
  }

  return {
    countAll(sender) {
      if (sender === undefined && number("SELECT high FROM index_state") === 0) return countRows(number);
      const counted = sender === undefined ? number("SELECT messages FROM index_state")
        : number("SELECT count FROM sender_counts WHERE from_msisdn = ?", sender);
      return counted + unindexed(sender, "", LAST);
    },
    countFrom(key, sender) {
      const later = "SELECT sum(count) FROM time_counts WHERE scope = ? AND level = ? AND prefix > ? AND prefix < ?";
      let total = 0;
      let bucket = "";
      for (const level of levelsOf(sender)) {
        const prefix = key.slice(0, level);
        total += number(later, sender ?? "", level, prefix, bucket + LAST);
        bucket = prefix;
      }
      return total + unindexed(sender, bucket + LAST, LAST) + walk(sender, key, bucket + LAST);
    },
    seek(position, sender) {
      const buckets = "SELECT prefix, count FROM time_counts WHERE scope = ? AND level = ? AND prefix >= ? AND prefix < ? ORDER BY prefix";
      // Every unindexed row may come before the row that is sought.
      const target = Math.max(0, position - unindexed(sender, "", LAST));
      let key = "";
      let before = 0;
      for (const level of levelsOf(sender)) {
        for (const row of prepare(buckets).iterate(sender ?? "", level, key, key + LAST)) {
          const count = Number(row["count"]);
          if (before + count > target) {
            key = String(row["prefix"]);
            break;
          }
          before += count;
        }
      }
      return { key, before: before + unindexed(sender, "", key) };
    },
  };
}

/** SQLite counts the entries of its smallest index, or, if that is damaged, the rows, which takes ten times as long. */
function countRows(number: (sql: string) => number): number {
  try {
    return number("SELECT count(*) FROM messages");
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    return number("SELECT count(*) FROM messages NOT INDEXED");
  }
}

function levelsOf(sender: string | undefined): readonly number[] {
  return sender === undefined ? ALL_LEVELS : SENDER_LEVELS;
}

/** Subtracts what `selectTimeCounts` gives from `time_counts`. */
export function uncountTimes(scope: string, levels: readonly number[], rows: string): string {
  return `INSERT INTO time_counts (scope, level, prefix, count) ${selectTimeCounts(scope, levels, rows)}
    ON CONFLICT (scope, level, prefix) DO UPDATE SET count = count - excluded.count`;
}

/**
 * Counts rows by their `key`: scope, level, prefix and count. One pass over the rows gives the finest counts; the coarser ones are
 * sums of these.
 */
export function selectTimeCounts(scope: string, levels: readonly number[], rows: string): string {
  return `
    WITH levels (level) AS (VALUES ${levels.map((level) => `(${level})`).join(", ")}),
    finest AS MATERIALIZED (
      SELECT ${scope} AS scope, substr(key, 1, ${levels.at(-1)}) AS prefix, count(*) AS count
      FROM ${rows} GROUP BY 1, 2)
    SELECT scope, level, substr(prefix, 1, level) AS prefix, sum(count) AS count FROM finest CROSS JOIN levels GROUP BY 1, 2, 3`;
}
