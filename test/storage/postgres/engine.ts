import { connect } from "../../../src/postgres/connect.ts";
import { openPostgres } from "../../../src/storage/postgres/open.ts";
import { urlOf } from "../../postgres/server.ts";
import { atEnd, type Lifetime } from "../../support/cleanup.ts";
import { SKIP_WITHOUT_POSTGRES } from "../../support/postgres.ts";
import { usePostgres } from "../../support/shared-postgres.ts";
import { NOW_MS, type OpenedStore, type OpenOptions } from "../contract/case.ts";
import { createRecordingObserver } from "../contract/recording-observer.ts";
import type { TestEngine } from "../engines.ts";

/** PostgreSQL, with a new server and a database for each store. */
export const POSTGRES: TestEngine = {
  name: "postgres",
  skip: SKIP_WITHOUT_POSTGRES,
  async start(t) {
    const server = await usePostgres();
    atEnd(t, () => server.stop());
    return async (lifetime, options) => open(lifetime, await server.createDatabase(), options);
  },
};

async function open(t: Lifetime, url: string, options: OpenOptions = {}): Promise<OpenedStore> {
  const observer = createRecordingObserver();
  const faults: string[] = [];
  const store = await openPostgres(urlOf(url), {
    clock: { nowMs: () => NOW_MS },
    observer,
    onFatal: (reason) => faults.push(reason),
    remark: () => {},
    fault: (reason) => faults.push(reason),
    mayLose: true,
    ...options,
  });
  atEnd(t, async () => {
    await store.close();
    if (faults.length > 0) throw new Error(`The store must not find a fault: ${faults.join("; ")}`);
  });
  return {
    store,
    observed: observer.observed,
    async reopen(next) {
      await store.close();
      return open(t, url, next);
    },
    failCommits: () => failCommits(url),
    refuseWrites: () => renameLock(url),
  };
}

async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const connection = await connect(urlOf(url));
  await connection.run(statements.map((sql) => ({ sql })), { deadlineMs: 5_000 });
  await connection.close();
}

/** Makes writes fail by renaming the lock table, because every write first locks a row of it. Returns a function that undoes it. */
async function renameLock(url: string): Promise<() => Promise<void>> {
  await run(url, "ALTER TABLE inbox_lock RENAME TO no_lock");
  return () => run(url, "ALTER TABLE no_lock RENAME TO inbox_lock");
}

/**
 * Makes every COMMIT fail in the server, with a deferred trigger that raises the error of a missing table. Returns a function that
 * undoes it.
 */
async function failCommits(url: string): Promise<() => Promise<void>> {
  await run(
    url,
    `CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'injected fault' USING ERRCODE = '42P01'; END $$`,
    "CREATE CONSTRAINT TRIGGER fault_at_commit AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault()",
  );
  return () => run(url, "DROP TRIGGER fault_at_commit ON messages", "DROP FUNCTION fault");
}
