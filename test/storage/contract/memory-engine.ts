import type { MessageStore } from "../../../src/core/store.ts";
import { atEnd } from "../../support/cleanup.ts";
import type { TestEngine } from "../engines.ts";
import { NOW_MS, type OpenedStore, type OpenOptions } from "./case.ts";
import { createMemoryDatabase, openMemoryStore, type MemoryDatabase } from "./memory-store.ts";
import { createRecordingObserver } from "./recording-observer.ts";

/** Opens a store on the database of an earlier one, with the options of the case. */
export type OpenOn = (database: MemoryDatabase, options: Parameters<typeof openMemoryStore>[1]) => MessageStore;

/** The in-memory engine, or a variant of it with other behaviour. */
export function createMemoryEngine(name: string, openOn: OpenOn = openMemoryStore): TestEngine {
  return {
    name,
    skip: false,
    start: () =>
      Promise.resolve(async (t, options) => {
        const database = createMemoryDatabase();
        async function refuseWrites(): Promise<() => Promise<void>> {
          database.isFull = true;
          return async () => {
            database.isFull = false;
          };
        }
        function open({ clock = { nowMs: () => NOW_MS }, retentionDays }: OpenOptions = {}): OpenedStore {
          const observer = createRecordingObserver();
          const store = openOn(database, { clock, observer, retentionDays });
          atEnd(t, () => store.close());
          return {
            store,
            observed: observer.observed,
            async reopen(next) {
              await store.close();
              return open(next);
            },
            failCommits: refuseWrites,
            refuseWrites,
          };
        }
        return open(options);
      }),
  };
}
