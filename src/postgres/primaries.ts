import type { Connection } from "./connection.ts";
import { PostgresError } from "./errors.ts";

/**
 * The primaries that the connections to one database have reached, identified by their timelines: each promotion begins a higher one
 * (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES). A primary that was out of reach while
 * another one took over does not notice at first, and its reads lack what was committed since.
 */
export interface Primaries {
  /** Records a new connection to a primary. False if another one has replaced that primary. */
  admit(connection: Connection, deadlineMs: number): Promise<boolean>;
  /** False once a newer primary has been reached. */
  isNewest(connection: Connection): boolean;
}

/** The timeline in the server's own log, which an old primary does not change: the first eight digits of a log file's name, in hex. */
const READ_TIMELINE = "SELECT substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)";

/** Begins without a primary. */
export function createPrimaries(): Primaries {
  const timelines = new WeakMap<Connection, number>();
  let newest = 0;

  const isNewest = (connection: Connection): boolean => (timelines.get(connection) ?? newest) >= newest;

  return {
    async admit(connection, deadlineMs) {
      const timeline = await readTimeline(connection, deadlineMs);
      if (timeline === undefined) return true;
      timelines.set(connection, timeline);
      newest = Math.max(newest, timeline);
      return isNewest(connection);
    },
    isNewest,
  };
}

/** Undefined if the server does not report it: some managed services refuse the functions. */
async function readTimeline(connection: Connection, deadlineMs: number): Promise<number | undefined> {
  try {
    const { results } = await connection.run([{ sql: READ_TIMELINE }], { deadlineMs });
    const timeline = Number.parseInt(results[0]?.rows[0]?.[0] ?? "", 16);
    return Number.isNaN(timeline) ? undefined : timeline;
  } catch (error) {
    if (error instanceof PostgresError) return undefined;
    throw error;
  }
}
