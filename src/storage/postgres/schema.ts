import { StoreUnavailable } from "../../core/store.ts";
import type { Connection } from "../../postgres/connection.ts";
import { PostgresError } from "../../postgres/errors.ts";
import type { Statement } from "../../postgres/frontend.ts";

/** The version that this build creates and reads. */
export const SCHEMA_VERSION = 3;

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
 * Names the present generation of the database. The database cannot detect a restore, so the operator who restores it must
 * set a new name.
 */
const HISTORY: readonly string[] = [
  "ALTER TABLE inbox_state ADD COLUMN generation text NOT NULL DEFAULT gen_random_uuid()::text",
  "CREATE TABLE former_generations (generation text PRIMARY KEY, last_seq bigint NOT NULL)",
  "UPDATE inbox_state SET version = 2",
];

/**
 * `long_id` and `long_from` hold what is too long for an index, see `indexedText`. `compatible_version` names the oldest build, by its
 * schema version, that may use the database.
 */
const LONG_IDS: readonly string[] = [
  'ALTER TABLE messages ADD COLUMN long_id text COLLATE "C", ADD COLUMN long_from text COLLATE "C"',
  'ALTER TABLE removed_messages ADD COLUMN long_id text COLLATE "C"',
  "ALTER TABLE inbox_state ADD COLUMN compatible_version int NOT NULL DEFAULT 1",
  "UPDATE inbox_state SET version = 3",
];

/** The statements at index N upgrade a database from version N to version N + 1. */
const UPGRADES: readonly (readonly string[])[] = [SCHEMA, HISTORY, LONG_IDS];

/** Another receiver created the same thing at the same moment (pg_type_typname_nsp_index, or the table itself). */
const MADE_ELSEWHERE: ReadonlySet<string> = new Set(["23505", "42P07", "42710"]);

/**
 * Upgrades the database to this build's schema in one transaction, one receiver at a time.
 *
 * Gives the version that was found, 0 for a new database. A newer one is left alone.
 *
 * Rejects with StoreUnavailable if a newer build has changed what this one uses, or with the server's error, e.g. 42501 if the user
 * must not create tables, 0A000 or 58P01 without pg_trgm.
 */
export async function migrate(connection: Connection, deadlineMs: number): Promise<number> {
  let first: number | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const found = await versionOf(connection, deadlineMs);
    first ??= found;
    if (found > SCHEMA_VERSION) await requireCompatible(connection, found, deadlineMs);
    if (found >= SCHEMA_VERSION) return first;
    try {
      await upgrade(connection, deadlineMs);
    } catch (error) {
      if (attempt > 0 || !(error instanceof PostgresError) || !MADE_ELSEWHERE.has(error.code)) throw error;
      await connection.run([{ sql: "ROLLBACK" }], { deadlineMs });
    }
  }
}

async function versionOf(connection: Connection, deadlineMs: number): Promise<number> {
  const { results } = await connection.run([{ sql: "SELECT to_regclass('inbox_state') IS NOT NULL" }], { deadlineMs });
  return results[0]?.rows[0]?.[0] === "t" ? readState(connection, "version", deadlineMs) : 0;
}

async function requireCompatible(connection: Connection, found: number, deadlineMs: number): Promise<void> {
  const compatible = await readState(connection, "compatible_version", deadlineMs);
  if (compatible <= SCHEMA_VERSION) return;
  const [needed, own] = [`a build with version ${compatible} or later`, `this build has version ${SCHEMA_VERSION}`];
  throw new StoreUnavailable(`a newer build has upgraded its tables to version ${found}, which needs ${needed}: ${own}`);
}

async function readState(connection: Connection, column: "version" | "compatible_version", deadlineMs: number): Promise<number> {
  const { results } = await connection.run([{ sql: `SELECT ${column} FROM inbox_state WHERE id = 1` }], { deadlineMs });
  return Number(results[0]?.rows[0]?.[0]);
}

async function upgrade(connection: Connection, deadlineMs: number): Promise<void> {
  await connection.run([{ sql: "BEGIN" }, { sql: "SELECT pg_advisory_xact_lock($1::bigint)", values: [MIGRATION_LOCK] }], { deadlineMs });
  const found = await versionOf(connection, deadlineMs);
  const statements: Statement[] = UPGRADES.slice(found).flat().map((sql) => ({ sql }));
  await connection.run([...statements, { sql: "COMMIT" }], { deadlineMs });
}
