import { performance } from "node:perf_hooks";
import type { Erasure, MessageStore } from "../../core/store.ts";
import type { ConnectionUrl } from "../../postgres/url.ts";
import { createGroupCommit, type GroupCommit } from "../shared/group-commit.ts";
import type { EngineOptions } from "../shared/options.ts";
import { startRetention } from "../shared/retention.ts";
import { type Engine, openEngine, type ServerOptions } from "./engine.ts";
import { startUpkeep } from "./upkeep.ts";

/** A batch has at most 1,000 messages (by default) and 4 MiB, unless a single delivery has more. */
export interface PostgresOptions extends EngineOptions, ServerOptions {}

export interface PostgresStore extends MessageStore {
  /** PostgreSQL's version, as the server reports it. */
  readonly version: string;
  /** Whether this start created its tables. */
  readonly isNew: boolean;
}

/** Other receivers wait while a batch is committed and while the standby writes it. */
const MAX_BATCH_MESSAGES = 1_000;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** How long batches in progress may take when the store closes, by default. */
const GRACE_MS = 1_000;

/**
 * Opens the database, or creates the service's tables in it. Any number of receivers may use it: when one commits, the
 * listeners of the others are called within 250 ms.
 *
 * Rejects as `openEngine` does.
 */
export async function openPostgres(url: ConnectionUrl, options: PostgresOptions): Promise<PostgresStore> {
  // Any number of processes may use this database, so there is no lock to wait for.
  await options.onOwned?.();
  const engine = await openEngine(url, options);
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  const upkeep = await startUpkeep(engine, { failed: options.fault, onOthersCommitted: notify }).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });

  const inserts = gatherInserts(engine, options, (created) => {
    upkeep.changed(created);
    if (created > 0) notify();
  });

  const retention = options.retentionDays === undefined ? undefined : startRetention(engine, {
    days: options.retentionDays,
    clock: options.clock,
    onRemoved(count) {
      upkeep.changed(-count);
      options.observer.removed(count);
    },
    onRunEnded: (run) => options.observer.retained?.(run),
    onSuspended: (suspension) => options.observer.retentionSuspended?.(suspension),
    onFailed: (failure) => options.observer.retentionFailed?.(failure),
  });

  return {
    version: engine.version,
    isNew: engine.isNew,
    insert: (message) => inserts.insert(message),
    insertAll: (messages) => inserts.insertAll(messages),
    list: engine.list,
    listReceived: engine.listReceived,
    get: engine.get,
    payload: engine.payload,
    erase: (which) => eraseAll(engine, which, (count) => upkeep.changed(-count)),
    stats: engine.stats,
    timeline: engine.timeline,
    exportPage: engine.exportPage,
    since: engine.since,
    lastSequence: engine.lastSequence,
    history: engine.history,
    onCommitted: (listener) => void listeners.add(listener),
    check: engine.check,
    count: upkeep.count,
    queueDepth: () => inserts.waiting(),
    maintenance: () => ({}),
    sizes: async () => ({ databaseBytes: await engine.databaseBytes() }),
    confirmClock: () => retention?.confirmClock(),
    async close({ graceMs = GRACE_MS } = {}) {
      retention?.stop();
      const idle = upkeep.stop();
      engine.beginStop(graceMs);
      await Promise.all([inserts.close(), idle]);
      await engine.close();
    },
  };
}

/** Messages that arrive while the engine commits a batch form the next one. */
function gatherInserts(engine: Engine, options: PostgresOptions, onCommitted: (created: number) => void): GroupCommit {
  return createGroupCommit(
    async (messages, createdAt, deliveries) => {
      const startedAt = performance.now();
      const outcomes = await engine.write(messages, createdAt, deliveries);
      return { outcomes, seconds: (performance.now() - startedAt) / 1000 };
    },
    {
      clock: options.clock,
      observer: options.observer,
      maxBatchMessages: options.maxBatchMessages ?? MAX_BATCH_MESSAGES,
      maxBatchBytes: MAX_BATCH_BYTES,
      onCommitted,
    },
  );
}

/** Erases these messages, a limited number in each transaction. Calls `onErased` after each transaction. Returns the total number. */
async function eraseAll(engine: Engine, which: Erasure, onErased: (count: number) => void): Promise<number> {
  let erased = 0;
  for (let more = true; more; ) {
    const removed = await engine.erase(which);
    erased += removed.messages;
    onErased(removed.messages);
    more = removed.more;
  }
  return erased;
}
