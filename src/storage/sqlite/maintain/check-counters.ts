import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Finding } from "../../../core/maintenance.ts";
import { createFaultList, inIndexSnapshot, numberOf, type CheckFunction, type FaultList, type ReportProgress } from "./check.ts";
import { compareText } from "../../../core/order.ts";
import { ALL_LEVELS, SENDER_LEVELS } from "../read/time-counts.ts";

/** Rows between two progress reports. */
const REPORT_ROWS = 10_000;

type Row = Record<string, SQLOutputValue>;

interface Group {
  readonly scope: string;
  readonly prefix: string;
  readonly count: number;
}

/**
 * Compares one kind of stored counts with the rows, both in the order of scope and prefix, so that only one of each is in
 * memory.
 */
interface Comparison {
  add(scope: string, key: string, count: number): void;
  /** Returns how many groups there were. */
  finish(): number;
}

/**
 * Compares `index_state`, `sender_counts` and `time_counts` with the rows that the index covers: every stored count must match
 * the rows, and there must be no others. Each sender's rows are read from `sender_messages`, in step with the counts;
 * `checkSenders` verifies that table.
 */
export const checkCounters: CheckFunction = (db, report) => inIndexSnapshot(db, (high) => compareAll(db, report, high));

function compareAll(db: DatabaseSync, report: ReportProgress, high: number): Finding {
  const faults = createFaultList();
  const state = db.prepare("SELECT messages, senders FROM index_state").get();
  if (state === undefined) return { ok: false, detail: "index_state must have a row" };
  const timeCounts = (scope: "=" | "<>", level: number): Comparison =>
    createComparison(level, faults, db.prepare(`
      SELECT scope, prefix, count FROM time_counts WHERE scope ${scope} '' AND level = ${level} ORDER BY scope, level, prefix`).iterate());
  let seen = 0;
  function compare(rows: Iterable<Row>, comparisons: readonly Comparison[]): readonly number[] {
    for (const { scope, key, rows: count } of grouped(rows)) {
      for (const one of comparisons) one.add(scope, key, count);
      seen += count;
      if (seen % REPORT_ROWS < count) report(seen, 2 * Number(state?.["messages"]));
    }
    return comparisons.map((one) => one.finish());
  }

  // +seq: the index is wanted for its order, not for a range of rows.
  const all = db.prepare(`
    SELECT '' AS scope, substr(rtrim(ts, 'Z'), 1, ${Math.max(...ALL_LEVELS)}) AS key FROM messages
    WHERE +seq <= ? AND +seq NOT IN (SELECT seq FROM excluded_messages) ORDER BY rtrim(ts, 'Z'), message_id`);
  compare(all.iterate(high), ALL_LEVELS.map((level) => timeCounts("=", level)));
  const messages = seen;

  const bySender = db.prepare(`
    SELECT from_msisdn AS scope, substr(key, 1, ${Math.max(...SENDER_LEVELS)}) AS key FROM sender_messages
    ORDER BY from_msisdn, sender_messages.key, message_id`);
  const counted = db.prepare("SELECT from_msisdn AS scope, '' AS prefix, count FROM sender_counts ORDER BY 1").iterate();
  const senderCounts = createComparison(0, faults, counted);
  const [senders = 0] = compare(bySender.iterate(), [senderCounts, ...SENDER_LEVELS.map((level) => timeCounts("<>", level))]);

  if (state["messages"] !== messages) faults.add(`index_state counts ${state["messages"]} messages: must be ${messages}`);
  if (state["senders"] !== senders) faults.add(`index_state counts ${state["senders"]} senders: must be ${senders}`);
  const stray = numberOf(db, `
    SELECT count(*) AS value FROM time_counts
    WHERE level NOT IN (${ALL_LEVELS.join()}) OR (scope <> '' AND level NOT IN (${SENDER_LEVELS.join()}))`);
  if (stray > 0) faults.add(`time_counts has ${stray} rows with an unknown level`);
  return faults.finding(`${messages} messages, ${senders} senders`);
}

/** Joins consecutive rows with the same scope and key. */
function* grouped(rows: Iterable<Row>): Generator<{ readonly scope: string; readonly key: string; readonly rows: number }> {
  let scope: string | undefined;
  let key = "";
  let count = 0;
  for (const row of rows) {
    const nextScope = String(row["scope"]);
    const nextKey = String(row["key"]);
    if (nextScope !== scope || nextKey !== key) {
      if (scope !== undefined) yield { scope, key, rows: count };
      scope = nextScope;
      key = nextKey;
      count = 0;
    }
    count += 1;
  }
  if (scope !== undefined) yield { scope, key, rows: count };
}

/** `level` is the length of the prefixes in code points; 0 counts each scope as a whole. */
function createComparison(level: number, faults: FaultList, recorded: Iterator<Row>): Comparison {
  let groups = 0;
  let current: Group | undefined;
  let next = readGroup();

  function readGroup(): Group | undefined {
    const { done, value } = recorded.next();
    return done ? undefined : { scope: String(value["scope"]), prefix: String(value["prefix"]), count: Number(value["count"]) };
  }

  function fault(group: Group, recordedCount: number, counted: number): void {
    const name = `${group.scope === "" ? "all senders" : group.scope} ${group.prefix}`.trimEnd();
    faults.add(`the count of ${name} is ${recordedCount}: must be ${counted}`);
  }

  function settle(group: Group): void {
    groups += 1;
    for (; next !== undefined && compareGroups(next, group) < 0; next = readGroup()) fault(next, next.count, 0);
    if (next === undefined || compareGroups(next, group) > 0) {
      fault(group, 0, group.count);
      return;
    }
    if (next.count !== group.count) fault(group, next.count, group.count);
    next = readGroup();
  }

  return {
    add(scope, key, count) {
      const prefix = level === 0 ? "" : firstCodePoints(key, level);
      if (current?.scope === scope && current.prefix === prefix) {
        current = { scope, prefix, count: current.count + count };
        return;
      }
      if (current !== undefined) settle(current);
      current = { scope, prefix, count };
    },
    finish() {
      if (current !== undefined) settle(current);
      for (; next !== undefined; next = readGroup()) fault(next, next.count, 0);
      return groups;
    },
  };
}

/** Like SQLite's `substr`: a `ts` that an earlier build accepted may hold any character. */
function firstCodePoints(text: string, count: number): string {
  return text.length <= count ? text : [...text].slice(0, count).join("");
}

function compareGroups(a: Group, b: Group): number {
  return compareText(a.scope, b.scope) || compareText(a.prefix, b.prefix);
}
