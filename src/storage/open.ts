import type { DatabaseLocation } from "../core/database-location.ts";
import type { MessageStore } from "../core/store.ts";
import { UnusableSetting } from "../core/unusable-setting.ts";
import { describeConnection, parseConnectionUrl } from "../postgres/url.ts";
import { openPostgres, type PostgresOptions } from "./postgres/open.ts";
import { locateFiles } from "./sqlite/files.ts";
import { openSqlite, type SqliteOptions } from "./sqlite/open.ts";

/** The options that every engine takes, and those that only some take. */
export interface StoreOptions extends SqliteOptions, PostgresOptions {}

export interface OpenedStore {
  readonly store: MessageStore;
  /** The database, for people: an absolute path with links resolved, `:memory:`, or `user@host/database`. No password. */
  readonly database: string;
  /** Whether this start created it. */
  readonly isNew: boolean;
  /** The version of the server, if the engine is PostgreSQL. */
  readonly postgres?: string;
}

/**
 * Opens the store with the engine that its location names. Rejects with an error that tells the operator what to repair; with
 * UnusableSetting if a setting is wrong.
 */
export async function openStore(location: DatabaseLocation, options: StoreOptions): Promise<OpenedStore> {
  switch (location.kind) {
    case "file":
    case "memory": {
      const { location: path, inMemory, isNew } = locateFiles(location);
      return { store: await openSqlite(location, options), database: inMemory ? ":memory:" : path, isNew };
    }
    case "postgres": {
      const url = parseConnectionUrl(location.url);
      if (!url.ok) throw new UnusableSetting("DATABASE_URL", url.error);
      const { version: postgres, isNew, ...store } = await openPostgres(url.value, options);
      return { store, database: describeConnection(url.value), isNew, postgres };
    }
  }
}
