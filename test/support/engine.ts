import { atEnd, type Lifetime } from "./cleanup.ts";
import { usePostgres } from "./shared-postgres.ts";

const isPostgres = process.env["ENGINE"] === "postgres";

/** For the `skip` of a test of the service that opens the database's file, or is about it. */
export const ONLY_SQLITE: string | false = isPostgres ? "NOT TESTED on PostgreSQL: only for SQLite" : false;

const made = new Map<string, string>();

/** `DATABASE_URL` of the database of that path: a file, or in its place a database of PostgreSQL that lasts as long as `t`. */
export async function databaseUrl(t: Lifetime, path: string): Promise<string> {
  if (!isPostgres) return `sqlite:///${path}`;
  const before = made.get(path);
  if (before !== undefined) return before;
  const server = await usePostgres();
  atEnd(t, () => server.stop());
  const url = await server.createDatabase();
  made.set(path, url);
  return url;
}

/** The URL of the database that took the place of the file at that path. */
export function urlInPlaceOf(path: string): string | undefined {
  return made.get(path);
}
