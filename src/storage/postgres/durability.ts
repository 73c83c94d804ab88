import type { Connection } from "../../postgres/connection.ts";

/** What a server's settings mean for the messages that it confirms, in words for the operator. */
export interface Durability {
  /** Settings with which a confirmed message may be lost or stored twice: the service must not start. */
  readonly refusals: readonly string[];
  /** Settings that are not wrong, but that the operator should know about. */
  readonly remarks: readonly string[];
}

const READ_SETTINGS = `SELECT current_setting('fsync'), current_setting('synchronous_commit'),
  current_setting('synchronous_standby_names'), show_trgm('δυσ') <> '{}', current_setting('server_version_num')::int >= 140000,
  current_setting('default_transaction_isolation')`;

/**
 * Reads the settings that decide durability (https://www.postgresql.org/docs/current/runtime-config-wal.html), and whether the
 * locale lets pg_trgm see letters that are not ASCII. Needs the extension.
 */
export async function readDurability(connection: Connection, deadlineMs: number): Promise<Durability> {
  const { results } = await connection.run([{ sql: READ_SETTINGS }], { deadlineMs });
  const [fsync, commit, standbys, seesLetters, isKnown, isolation] = results[0]?.rows[0] ?? [];
  const refusals: string[] = [];
  const remarks: string[] = [];
  if (isKnown !== "t") refusals.push("the server must be PostgreSQL 14 or later");
  if (fsync !== "on") refusals.push("fsync must be on");
  if (commit === "off" || commit === "local") refusals.push(`synchronous_commit must be on, not ${commit}`);
  // A batch must see what was committed before its turn.
  if (isolation !== "read committed") refusals.push(`default_transaction_isolation must be read committed, not ${isolation}`);
  if (standbys === "") remarks.push("synchronous_standby_names is empty: messages are durable on one machine");
  if (seesLetters !== "t") remarks.push("with this LC_CTYPE, pg_trgm ignores letters that are not ASCII: searches for them read every row");
  return { refusals, remarks };
}
