import type { SqliteLocation } from "../../core/database-location.ts";
import type { Maintenance, MessageStore, StoreObserver } from "../../core/store.ts";
import { createCheckOnce } from "../shared/check-once.ts";
import type { GroupCommit } from "../shared/group-commit.ts";
import type { EngineOptions } from "../shared/options.ts";
import { type Retention, startRetention } from "../shared/retention.ts";
import { cancel, createCancellationFlag } from "./cancellation.ts";
import { locateFiles, type DatabaseFiles } from "./files.ts";
import { createGivenSeq } from "./given-seq.ts";
import { type IndexKeeper, startIndexKeeper } from "./index/keeper.ts";
import { indexLocation } from "./index/schema.ts";
import { createInserts } from "./inserts.ts";
import { becomeOwner, type Ownership } from "./owner.ts";
import { createReadiness } from "./readiness.ts";
import { createReads } from "./reads.ts";
import { createRemovals, removeAll } from "./removals.ts";
import type { Calls, IndexCalls, ThreadSettings } from "./threads/protocol.ts";
import { startThreads, type StoreThreads } from "./threads/start-all.ts";
import { startThread, type Thread } from "./threads/thread.ts";
import { requireUpgraded, startUpgrade, type Upgrade } from "./upgrade.ts";

export interface SqliteOptions extends EngineOptions {
  /** How long to wait for a lock of another process, in milliseconds; 5,000 by default. */
  readonly busyTimeoutMs?: number | undefined;
  /** The maximum size of the database in pages of 4 KiB: a limit for tests and small disks; none by default. */
  readonly maxPageCount?: number | undefined;
}

/**
 * Becomes the owner of the database, opens or creates it, upgrades it, and starts its threads: the writer, one that checkpoints
 * the WAL, one that keeps the index up to date, and two readers, one for what an index answers at once and one for searches, so
 * that neither waits for the other.
 *
 * Rejects with a `DatabaseError` that tells the operator what to repair.
 */
export async function openSqlite(database: SqliteLocation, options: SqliteOptions): Promise<MessageStore> {
  const files = locateFiles(database);
  const ownership = files.inMemory ? undefined : becomeOwner(files.location, options.clock.nowMs());
  const opened: Opened[] = [];
  try {
    await options.onOwned?.();
    return await openOwned(files, options, { ownership, opened });
  } catch (error) {
    // No connection may be left when the next process becomes the owner.
    await Promise.allSettled(opened.map((one) => one.abandon()));
    ownership?.release();
    throw error;
  }
}

/** The threads and timers started so far, which must end if the store cannot be opened. */
type Opened = Pick<Thread<Calls>, "abandon">;

interface Owned {
  readonly ownership: Ownership | undefined;
  readonly opened: Opened[];
}

async function openOwned(files: DatabaseFiles, options: SqliteOptions, { ownership, opened }: Owned): Promise<MessageStore> {
  const { busyTimeoutMs, clock, maxPageCount, observer, onFatal, retentionDays } = options;
  const stopping = createCancellationFlag();
  opened.push({ abandon: async () => cancel(stopping) });
  const settings: ThreadSettings = {
    location: files.location, busyTimeoutMs, maxPageCount, stopping, removes: retentionDays !== undefined,
  };
  // A reader may report the index before the keeper has started.
  const started = Promise.withResolvers<IndexKeeper>();
  const onNotice = (reason: string): void => void started.promise.then((keeper) => keeper.distrust(reason));
  const threads = await startThreads(settings, { opened, recorded: ownership?.recorded, onFatal, onNotice });
  const { writer, lookups } = threads;

  const [history, lastBefore] = await Promise.all([lookups.call("history", undefined), lookups.call("lastSequence", undefined)]);
  ownership?.record({ ...history, last: lastBefore });
  /** If damaged pages prevent a count, the highest `seq` is used as the number of messages: the database can still store more. */
  const countStored = (): Promise<number> => lookups.call("count", undefined).catch(() => lastBefore);
  const givenSeq = createGivenSeq(lastBefore, (last) => ownership?.reached(last));
  const listeners = new Set<() => void>();
  let stored = 0;
  const inserts = createInserts(threads, {
    ...options,
    onCommitted: (created) => {
      stored += created;
      givenSeq.grew(created);
      if (created === 0) return;
      keeper.grew(created);
      for (const listener of listeners) listener();
    },
  });

  const upgrade = await prepareUpgrade(threads, inserts, observer);
  opened.push({ abandon: upgrade.stop });
  // Counted before any row is moved: a message is either in one table or in the other.
  const adopted = upgrade.toMove() > 0 ? upgrade.toMove() + (await countStored()) : undefined;
  await upgrade.start();
  const keeper = await keepIndex(threads, { files, settings, upgrade, observer });
  started.resolve(keeper);
  opened.push({ abandon: keeper.close });
  stored = adopted ?? (await countStored());
  const onRemoved = (count: number): void => void (stored -= count);
  const retention = retentionDays === undefined ? undefined : keepRetention(threads, keeper, { ...options, retentionDays, onRemoved });
  const identity = await files.identity();
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    retention?.stop();
    cancel(stopping);
    await Promise.all([inserts.close(), upgrade.stop()]);
    await endThreads(threads, keeper).finally(() => ownership?.release());
  }

  return {
    ...createReads(threads, { requireUpgraded: () => requireUpgraded(upgrade), unindexed: keeper.unindexed, givenSeq }),
    insert: inserts.insert,
    insertAll: inserts.insertAll,
    async erase(which) {
      requireUpgraded(upgrade);
      return removeAll(createRemovals({ writer, reader: lookups, keeper }), which, onRemoved);
    },
    onCommitted: (listener) => void listeners.add(listener),
    check: createCheckOnce(createReadiness({ files, identity, writer, reader: lookups, clock, onFatal })),
    count: () => stored,
    queueDepth: inserts.waiting,
    sizes: files.sizes,
    maintenance: () => maintenanceOf(keeper, upgrade),
    confirmClock: () => retention?.confirmClock(),
    close: () => (closed ??= close()),
  };
}

function prepareUpgrade({ writer }: StoreThreads, inserts: GroupCommit, observer: StoreObserver): Promise<Upgrade> {
  return startUpgrade(writer, {
    isBusy: () => inserts.waiting() > 0,
    onProgress: (rows) => observer.upgrading?.(rows),
    onFailure: (reason) => observer.upgradeFailed?.(reason),
  });
}

interface IndexOptions {
  readonly files: DatabaseFiles;
  readonly settings: ThreadSettings;
  readonly upgrade: Upgrade;
  readonly observer: StoreObserver;
}

function keepIndex({ lookups, searches }: StoreThreads, { files, settings, upgrade, observer }: IndexOptions): Promise<IndexKeeper> {
  return startIndexKeeper({
    after: upgrade.toMove() > 0 ? upgrade.moved : undefined,
    // If this thread fails, the messages are not affected.
    startThread: ({ inBackground }) => startThread<IndexCalls>("index-thread", { ...settings, inBackground }, { onFatal: () => undefined }),
    async attachReaders() {
      await Promise.all([lookups, searches].map((reader) => reader.call("attachIndex", indexLocation(files.location))));
    },
    onFault: (reason) => observer.indexFaulted?.(reason),
    onStep: (messages, seconds) => observer.indexed?.(messages, seconds),
  });
}

interface RetentionParts extends Pick<SqliteOptions, "clock" | "observer"> {
  readonly retentionDays: number;
  readonly onRemoved: (count: number) => void;
}

function keepRetention({ writer, searches }: StoreThreads, keeper: IndexKeeper, parts: RetentionParts): Retention {
  const { clock, observer, onRemoved, retentionDays } = parts;
  return startRetention({
    // In the thread of the searches: retention may look at every row, and no client waits for it.
    removeOld: createRemovals({ writer, reader: searches, keeper }),
    lookBack: (which) => searches.call("lookBack", which),
  }, {
    days: retentionDays,
    clock,
    onRemoved(count) {
      onRemoved(count);
      observer.removed(count);
    },
    onRunEnded: (run) => observer.retained?.(run),
    onSuspended: (suspension) => observer.retentionSuspended?.(suspension),
    onFailed: (failure) => observer.retentionFailed?.(failure),
  });
}

function maintenanceOf(keeper: IndexKeeper, upgrade: Upgrade): Maintenance {
  return {
    unindexedMessages: keeper.unindexed(),
    indexFaults: keeper.isFaulty() ? 1 : 0,
    upgradeRemainingRows: upgrade.remaining(),
  };
}

async function endThreads({ writer, lookups, searches, checkpointer }: StoreThreads, keeper: IndexKeeper): Promise<void> {
  // What they hold can be read or derived again: only the writer can make a stop fail.
  await Promise.allSettled([keeper.close(), lookups.abandon(), searches.abandon(), checkpointer.close()]);
  // Last, so that no reader keeps its checkpoint from emptying the WAL.
  await writer.close();
}
