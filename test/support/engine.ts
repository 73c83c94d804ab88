import { atEnd, type Lifetime } from "./cleanup.ts";
import { usePostgres } from "./shared-postgres.ts";

const isPostgres = process.env["ENGINE"] === "postgres";

/** The `skip` of a test of the service that opens the database file, or is about it. */
export const ONLY_SQLITE: string | false = isPostgres ? "NOT TESTED on PostgreSQL: only for SQLite" : false;

const urls = new Map<string, string>();

/** The `DATABASE_URL` for a path: the file there, or a PostgreSQL database that stands for it and lasts as long as `t`. */
export async function databaseUrl(t: Lifetime, path: string): Promise<string> {
  if (!isPostgres) return `sqlite:///${path}`;
  const existing = urls.get(path);
  if (existing !== undefined) return existing;
  const server = await usePostgres();
  atEnd(t, () => server.stop());
  const url = await server.createDatabase();
  urls.set(path, url);
  return url;
}

/** The URL of the PostgreSQL database that stands for the file at a path; undefined if none does. */
export function postgresUrlOf(path: string): string | undefined {
  return urls.get(path);
}
