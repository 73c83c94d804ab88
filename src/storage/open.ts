import type { DatabaseLocation } from "../core/database-location.ts";
import { StoreMisconfigured, type MessageStore } from "../core/store.ts";
import { parseConnectionUrl } from "../postgres/url.ts";
import { openPostgres, type PostgresOptions } from "./postgres/open.ts";
import { openSqlite, type SqliteOptions } from "./sqlite/open.ts";

/** What every engine is opened with, and what some need besides. */
export interface StoreOptions extends SqliteOptions, PostgresOptions {}

export interface OpenedStore {
  readonly store: MessageStore;
  /** The version of the server, if the engine is PostgreSQL. */
  readonly postgres?: string;
}

/**
 * Opens the store with the engine that its location asks for. Rejects with an error that tells the operator what to repair, with
 * StoreMisconfigured if it is a setting.
 */
export async function openStore(location: DatabaseLocation, options: StoreOptions): Promise<OpenedStore> {
  switch (location.kind) {
    case "file":
    case "memory":
      return { store: await openSqlite(location, options) };
    case "postgres": {
      const url = parseConnectionUrl(location.url);
      if (!url.ok) throw new StoreMisconfigured(`Cannot open the database: ${url.error}`);
      const { version: postgres, ...store } = await openPostgres(url.value, options);
      return { store, postgres };
    }
  }
}
