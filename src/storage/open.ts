import type { DatabaseLocation } from "../core/database-location.ts";
import type { MessageStore } from "../core/store.ts";
import { openSqlite, type SqliteOptions } from "./sqlite/open.ts";

/** What every engine is opened with, and what some need besides. */
export interface StoreOptions extends SqliteOptions {}

/** Opens the store with the engine that its location asks for. Rejects with an error that tells the operator what to repair. */
export function openStore(location: DatabaseLocation, options: StoreOptions): Promise<MessageStore> {
  switch (location.kind) {
    case "file":
    case "memory":
      return openSqlite(location, options);
  }
}
