import type { Connection } from "./connection.ts";
import { PostgresError } from "./errors.ts";

/**
 * The primaries that the connections to one database have met, told apart by their timelines: each promotion begins a higher one
 * (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES). A primary that was out of reach while
 * another one took over does not know it at first, and answers reads without what was committed since.
 */
export interface Primaries {
  /** Takes note of a new connection to a primary. False if another one has replaced that primary. */
  admit(connection: Connection, deadlineMs: number): Promise<boolean>;
  /** False once a newer primary has been met. */
  isNewest(connection: Connection): boolean;
}

/** In an old primary's own log the timeline stays what it was. The first eight digits of a log file's name are it, in hexadecimal. */
const ASK = "SELECT substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)";

/** Has met none yet. */
export function createPrimaries(): Primaries {
  const timelines = new WeakMap<Connection, number>();
  let newest = 0;

  const isNewest = (connection: Connection): boolean => (timelines.get(connection) ?? newest) >= newest;

  return {
    async admit(connection, deadlineMs) {
      const timeline = await askTimeline(connection, deadlineMs);
      if (timeline === undefined) return true;
      timelines.set(connection, timeline);
      newest = Math.max(newest, timeline);
      return isNewest(connection);
    },
    isNewest,
  };
}

/** Undefined if the server does not say: some managed services refuse the functions. */
async function askTimeline(connection: Connection, deadlineMs: number): Promise<number | undefined> {
  try {
    const { results } = await connection.run([{ sql: ASK }], { deadlineMs });
    const timeline = Number.parseInt(results[0]?.rows[0]?.[0] ?? "", 16);
    return Number.isNaN(timeline) ? undefined : timeline;
  } catch (error) {
    if (error instanceof PostgresError) return undefined;
    throw error;
  }
}
