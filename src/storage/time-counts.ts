import type { SQLInputValue, StatementSync } from "node:sqlite";

/** Lengths of the prefixes of a key that are counted: day, hour, minute and second of all rows … */
export const ALL_LEVELS: readonly number[] = [10, 13, 16, 19];
/** … day and hour of one sender's. */
export const SENDER_LEVELS: readonly number[] = [10, 13];

/** Sorts behind every text that begins with what it follows. */
const LAST = "\u{10FFFF}";

/**
 * How many of the counted rows lie where in time, all of them or those of one sender: from counts of days,
 * hours, minutes and seconds, so that neither a count nor a jump walks the rows.
 */
export interface TimeCounts {
  /** How many rows have a key of `key` or later. */
  countFrom(key: string, sender?: string): number;
  /** A key, and how many rows come before it: at most `position`, and not many fewer. */
  seek(position: number, sender?: string): { readonly key: string; readonly before: number };
}

export function createTimeCounts(prepare: (sql: string) => StatementSync): TimeCounts {
  const sum = "SELECT sum(count) AS value FROM time_counts WHERE scope = ? AND level = ? AND prefix > ? AND prefix < ?";
  const buckets = "SELECT prefix, count FROM time_counts WHERE scope = ? AND level = ? AND prefix >= ? AND prefix < ? ORDER BY prefix";
  const rowsOfAll = `SELECT count(*) AS value FROM messages
    WHERE rtrim(ts, 'Z') >= ? AND rtrim(ts, 'Z') < ? AND seq <= (SELECT count_mark FROM index_state)`;
  const rowsOfSender = "SELECT count(*) AS value FROM sender_messages WHERE key >= ? AND key < ? AND from_msisdn = ?";

  function number(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepare(sql).get(...values)?.["value"] ?? 0);
  }

  return {
    countFrom(key, sender) {
      let total = 0;
      let parent = "";
      for (const level of levelsOf(sender)) {
        const prefix = key.slice(0, level);
        total += number(sum, sender ?? "", level, prefix, parent + LAST);
        parent = prefix;
      }
      const inBucket = sender === undefined ? number(rowsOfAll, key, parent + LAST) : number(rowsOfSender, key, parent + LAST, sender);
      return total + inBucket;
    },
    seek(position, sender) {
      let key = "";
      let before = 0;
      for (const level of levelsOf(sender)) {
        for (const row of prepare(buckets).iterate(sender ?? "", level, key, key + LAST)) {
          const count = Number(row["count"]);
          if (before + count > position) {
            key = String(row["prefix"]);
            break;
          }
          before += count;
        }
      }
      return { key, before };
    },
  };
}

function levelsOf(sender: string | undefined): readonly number[] {
  return sender === undefined ? ALL_LEVELS : SENDER_LEVELS;
}
