import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../../src/storage/sqlite/open.ts";
import { atEnd, type Lifetime } from "../../support/cleanup.ts";
import { temporaryFolder } from "../../support/store.ts";
import { NOW_MS, type OpenedStore, type OpenOptions } from "../contract/case.ts";
import { createRecordingObserver } from "../contract/recording-observer.ts";
import type { TestEngine } from "../engines.ts";

/** Longer than any statement of the tests holds a lock. */
const BUSY_MS = 250;

/** SQLite on a file in a temporary folder. */
export const SQLITE: TestEngine = {
  name: "sqlite",
  skip: false,
  start: () => Promise.resolve((t, options) => open(t, join(temporaryFolder(t), "app.db"), options)),
};

async function open(t: Lifetime, path: string, options: OpenOptions = {}): Promise<OpenedStore> {
  const observer = createRecordingObserver();
  const fatal: string[] = [];
  const store = await openSqlite(
    { kind: "file", path },
    { clock: { nowMs: () => NOW_MS }, observer, onFatal: (reason) => fatal.push(reason), busyTimeoutMs: BUSY_MS, ...options },
  );
  atEnd(t, async () => {
    await store.close();
    if (fatal.length > 0) throw new Error(`The store must not find a fatal fault: ${fatal.join("; ")}`);
  });
  return {
    store,
    observed: observer.observed,
    async reopen(next) {
      await store.close();
      return open(t, path, next);
    },
    failCommits: () => failCommits(path),
    refuseWrites: () => holdWriteLock(path),
  };
}

/** Holds the write lock, like another process that writes for too long. Returns a function that releases it. */
async function holdWriteLock(path: string): Promise<() => Promise<void>> {
  const db = new DatabaseSync(path, { timeout: 5_000 });
  db.exec("BEGIN IMMEDIATE");
  return async () => db.close();
}

/** Makes every COMMIT fail, with a deferred foreign key that nothing satisfies. Returns a function that undoes it. */
async function failCommits(path: string): Promise<() => Promise<void>> {
  function run(sql: string): void {
    using db = new DatabaseSync(path, { timeout: 5_000 });
    db.exec(sql);
  }
  run(`
    CREATE TABLE fault_parent (id INTEGER PRIMARY KEY);
    CREATE TABLE fault (parent INTEGER REFERENCES fault_parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fault_at_commit AFTER INSERT ON messages BEGIN INSERT INTO fault VALUES (1); END;`);
  return async () => run("DROP TRIGGER fault_at_commit; DROP TABLE fault; DROP TABLE fault_parent;");
}
