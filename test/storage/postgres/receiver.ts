import type { MessageStore } from "../../../src/core/store.ts";
import { openPostgres, type PostgresOptions } from "../../../src/storage/postgres/open.ts";
import { urlOf } from "../../postgres/server.ts";
import { atEnd, type Lifetime } from "../../support/cleanup.ts";

export interface Receiver {
  readonly store: MessageStore;
  /** What it reported so far. */
  readonly faults: readonly string[];
}

/** The store as a receiver opens it, on the database of that URL. */
export async function openReceiver(t: Lifetime, url: string, options: Partial<PostgresOptions> = {}): Promise<Receiver> {
  const faults: string[] = [];
  const store = await openPostgres(urlOf(url), {
    clock: { nowMs: () => Date.now() },
    observer: { committed: () => {}, commitFailed: () => {}, removed: () => {} },
    remark: () => {},
    fault: (reason) => faults.push(reason),
    onFatal: () => {},
    mayLose: true,
    ...options,
  });
  atEnd(t, () => store.close());
  return { store, faults };
}
