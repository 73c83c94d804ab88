import assert from "node:assert/strict";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Message } from "../../../src/core/message.ts";
import { openDatabase } from "../../../src/storage/sqlite/database.ts";
import { READ_STORE_STATE } from "../../../src/storage/sqlite/index/coverage.ts";
import { indexLocation } from "../../../src/storage/sqlite/index/schema.ts";
import { createQueries, type Queries } from "../../../src/storage/sqlite/read/queries.ts";

/** A reader that can be stopped between its snapshot of the index and its snapshot of the messages. */
export interface StoppedReader {
  readonly queries: Queries;
  readonly faults: readonly string[];
  /** Called once, between the two snapshots of the next read. */
  between(action: () => void): void;
  close(): void;
}

export function openStoppedReader(path: string): StoppedReader {
  const db = openDatabase(path, { readOnly: true });
  let next: (() => void) | undefined;
  const prepare = db.prepare.bind(db);
  db.prepare = (sql: string): StatementSync => {
    const statement = prepare(sql);
    if (sql !== READ_STORE_STATE) return statement;
    const get = statement.get.bind(statement);
    statement.get = () => {
      const action = next;
      next = undefined;
      action?.();
      return get();
    };
    return statement;
  };
  const faults: string[] = [];
  const queries = createQueries(db, { onIndexFault: (reason) => faults.push(reason) });
  queries.attachIndex(indexLocation(path));
  return {
    queries,
    faults,
    between(action) {
      next = action;
    },
    close: () => db.close(),
  };
}

/** Every kind of read that uses the index. */
export const READS: readonly ((queries: Queries) => unknown)[] = [
  (queries) => queries.count(),
  (queries) => queries.stats(),
  (queries) => queries.list({ limit: 9, offset: 2, q: "number" }),
  (queries) => queries.list({ limit: 9, offset: 0, from: "+3", order: "desc" }),
  (queries) => queries.list({ limit: 9, offset: 1, from: "+2", q: "er 1" }),
  (queries) => queries.list({ limit: 1, offset: 0, since: "2025-01-11T12:30:00Z" }),
  (queries) => queries.list({ limit: 1, offset: 0, from: "+1", since: "2025-01-11T00:00:00Z" }),
  (queries) => queries.timeline({ bucket: "hour", limit: 100 }),
  (queries) => queries.timeline({ bucket: "day", utcOffsetMinutes: 330, limit: 100, from: "+1" }),
  (queries) => queries.exportPage({ from: "+1", upTo: 1_000_000 }),
];

/** The same read by scanning every row. */
export function withoutIndex<T>(path: string, read: (queries: Queries) => T): T {
  const db: DatabaseSync = openDatabase(path, { readOnly: true });
  try {
    return read(createQueries(db, { onIndexFault: assert.fail }));
  } finally {
    db.close();
  }
}

/** Messages in the form that the writer takes. */
export function flat(messages: readonly Message[]): readonly (string | null)[] {
  return messages.flatMap((one) => [one.messageId, one.from, one.to, one.ts, one.text]);
}
