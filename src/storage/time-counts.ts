import type { SQLInputValue, StatementSync } from "node:sqlite";

/** Lengths of the prefixes of a key that are counted: day, hour, minute and second of all rows … */
export const ALL_LEVELS: readonly number[] = [10, 13, 16, 19];
/** … day and hour of one sender's. */
export const SENDER_LEVELS: readonly number[] = [10, 13];

/** Sorts behind every text that begins with what it follows. */
const LAST = "\u{10FFFF}";

/** All rows, or those of one sender. */
export interface Scope {
  readonly from?: string | undefined;
}

/**
 * How many rows lie where in time, from counts of days, hours, minutes and seconds, so that neither a
 * count nor a jump walks the rows. Rows behind the mark are looked at one by one.
 */
export interface TimeCounts {
  /** How many rows of the scope have a key of `key` or later. */
  countFrom(scope: Scope, key: string): number;
  /** A key, and how many rows of the scope come before it: at most `offset`, and not many fewer. */
  seek(scope: Scope, offset: number): { readonly key: string; readonly before: number };
}

export function createTimeCounts(prepare: (sql: string) => StatementSync): TimeCounts {
  const sum = "SELECT coalesce(sum(count), 0) AS value FROM time_counts WHERE scope = ? AND level = ? AND prefix > ? AND prefix < ?";
  const buckets = "SELECT prefix, count FROM time_counts WHERE scope = ? AND level = ? AND prefix >= ? AND prefix < ? ORDER BY prefix";

  function number(sql: string, ...values: SQLInputValue[]): number {
    return Number(prepare(sql).get(...values)?.["value"]);
  }

  function tail(scope: Scope, comparison: string, key: string): number {
    const { condition, values } = ofScope(scope);
    return number(
      `SELECT count(*) AS value FROM messages NOT INDEXED
      WHERE seq > (SELECT count_mark FROM index_state) AND rtrim(ts, 'Z') ${comparison} ? ${condition}`,
      key,
      ...values,
    );
  }

  return {
    countFrom(scope, key) {
      const { condition, values } = ofScope(scope);
      let total = tail(scope, ">=", key);
      let parent = "";
      for (const level of levelsOf(scope)) {
        const prefix = key.slice(0, level);
        total += number(sum, scope.from ?? "", level, prefix, parent + LAST);
        parent = prefix;
      }
      const inBucket = `SELECT count(*) AS value FROM messages
        WHERE rtrim(ts, 'Z') >= ? AND rtrim(ts, 'Z') < ? ${condition} AND seq <= (SELECT count_mark FROM index_state)`;
      return total + number(inBucket, key, parent + LAST, ...values);
    },
    seek(scope, offset) {
      // Every row behind the mark may lie before the key that is sought.
      const target = Math.max(0, offset - tail(scope, ">=", ""));
      let key = "";
      let before = 0;
      for (const level of levelsOf(scope)) {
        for (const row of prepare(buckets).iterate(scope.from ?? "", level, key, key + LAST)) {
          const count = Number(row["count"]);
          if (before + count > target) {
            key = String(row["prefix"]);
            break;
          }
          before += count;
        }
      }
      return { key, before: before + tail(scope, "<", key) };
    },
  };
}

function levelsOf(scope: Scope): readonly number[] {
  return scope.from === undefined ? ALL_LEVELS : SENDER_LEVELS;
}

function ofScope({ from }: Scope): { readonly condition: string; readonly values: readonly SQLInputValue[] } {
  return from === undefined ? { condition: "", values: [] } : { condition: "AND from_msisdn = ?", values: [from] };
}
