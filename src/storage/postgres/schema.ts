import type { Connection } from "../../postgres/connection.ts";
import { PostgresError } from "../../postgres/errors.ts";
import type { Statement } from "../../postgres/frontend.ts";

/** The version that this build creates and reads. */
export const SCHEMA_VERSION = 2;

/** The advisory lock that only this service's migrations take. */
const MIGRATION_LOCK = 7_310_579_801_334_206n;

/**
 * `COLLATE "C"` is code point order in any locale. `ts` has no `Z`, so that its texts sort by time. `seq` comes from a sequence
 * without a cache, after the row of `inbox_lock` is locked, so it grows in commit order. `inbox_lock` is only ever locked, row
 * 1 by batches and row 2 by health checks: a row that each batch updates would slow down during any long transaction.
 */
const SCHEMA: readonly string[] = [
  "CREATE EXTENSION IF NOT EXISTS pg_trgm",
  "CREATE SEQUENCE messages_seq",
  `CREATE TABLE messages (
    seq bigint PRIMARY KEY, message_id text COLLATE "C" NOT NULL UNIQUE, from_msisdn text COLLATE "C" NOT NULL,
    to_msisdn text COLLATE "C" NOT NULL, ts text COLLATE "C" NOT NULL, text text COLLATE "C", folded text COLLATE "C",
    payload text COLLATE "C", created_at text COLLATE "C" NOT NULL)`,
  "CREATE INDEX messages_by_ts ON messages (ts, message_id)",
  "CREATE INDEX messages_by_sender ON messages (from_msisdn, ts, message_id)",
  "CREATE INDEX messages_search ON messages USING gin (folded gin_trgm_ops) WITH (gin_pending_list_limit = 65536)",
  'CREATE TABLE removed_messages (message_id text COLLATE "C" PRIMARY KEY)',
  "CREATE TABLE inbox_lock (id int PRIMARY KEY)",
  "INSERT INTO inbox_lock VALUES (1), (2)",
  `CREATE TABLE inbox_state (
    id int PRIMARY KEY CHECK (id = 1), version int NOT NULL, count_mark bigint NOT NULL, removed_seq bigint NOT NULL)`,
  `INSERT INTO inbox_state VALUES (1, 1, 0, 0)`,
  `CREATE TABLE time_counts (
    level int, prefix text COLLATE "C", count bigint NOT NULL, PRIMARY KEY (level, prefix)) WITH (fillfactor = 50)`,
  'CREATE TABLE sender_counts (from_msisdn text COLLATE "C" PRIMARY KEY, count bigint NOT NULL) WITH (fillfactor = 50)',
];

/**
 * Names the present generation of the database. The database cannot tell that it was restored: whoever restores it gives it a
 * new name.
 */
const HISTORY: readonly string[] = [
  "ALTER TABLE inbox_state ADD COLUMN generation text NOT NULL DEFAULT gen_random_uuid()::text",
  "CREATE TABLE former_generations (generation text PRIMARY KEY, last_seq bigint NOT NULL)",
  "UPDATE inbox_state SET version = 2",
];

/** Each upgrades a database from `version - 1` to its version. */
const UPGRADES: readonly (readonly string[])[] = [SCHEMA, HISTORY];

/** Another receiver created the same thing at the same moment (pg_type_typname_nsp_index, or the table itself). */
const MADE_ELSEWHERE: ReadonlySet<string> = new Set(["23505", "42P07", "42710"]);

/**
 * Upgrades the database to this build's schema in one transaction, one receiver at a time.
 *
 * Gives the version that was found, 0 for a new database. A newer one is left alone.
 *
 * Rejects with the server's error, e.g. 42501 if the user must not create tables, 0A000 or 58P01 without pg_trgm.
 */
export async function migrate(connection: Connection, deadlineMs: number): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const found = await versionOf(connection, deadlineMs);
    if (found >= SCHEMA_VERSION) return found;
    try {
      await upgrade(connection, deadlineMs);
      return found;
    } catch (error) {
      if (attempt > 0 || !(error instanceof PostgresError) || !MADE_ELSEWHERE.has(error.code)) throw error;
      await connection.run([{ sql: "ROLLBACK" }], { deadlineMs });
    }
  }
}

async function versionOf(connection: Connection, deadlineMs: number): Promise<number> {
  const { results } = await connection.run([{ sql: "SELECT to_regclass('inbox_state') IS NOT NULL" }], { deadlineMs });
  if (results[0]?.rows[0]?.[0] !== "t") return 0;
  const state = await connection.run([{ sql: "SELECT version FROM inbox_state WHERE id = 1" }], { deadlineMs });
  return Number(state.results[0]?.rows[0]?.[0]);
}

async function upgrade(connection: Connection, deadlineMs: number): Promise<void> {
  await connection.run([{ sql: "BEGIN" }, { sql: "SELECT pg_advisory_xact_lock($1::bigint)", values: [MIGRATION_LOCK] }], { deadlineMs });
  const found = await versionOf(connection, deadlineMs);
  const statements: Statement[] = UPGRADES.slice(found).flat().map((sql) => ({ sql }));
  await connection.run([...statements, { sql: "COMMIT" }], { deadlineMs });
}
