import { performance } from "node:perf_hooks";
import type { SqliteLocation } from "../../core/database-location.ts";
import { StoreUnavailable, type MessageStore, type ReadOptions } from "../../core/store.ts";
import type { Message } from "../../core/message.ts";
import { flatten, toOutcomes } from "./write/batch.ts";
import { CHECKPOINT_FRAMES } from "./write/checkpoints.ts";
import { cancel, createCancellationFlag } from "./cancellation.ts";
import { DatabaseError } from "./database.ts";
import { locateFiles, type DatabaseFiles } from "./files.ts";
import { becomeOwner, type Ownership } from "./owner.ts";
import { MAX_WAITING_READS } from "../shared/limits.ts";
import { createCheckOnce } from "../shared/check-once.ts";
import { createGroupCommit, type Committed } from "../shared/group-commit.ts";
import type { EngineOptions } from "../shared/options.ts";
import { startIndexKeeper, type IndexKeeper } from "./index/keeper.ts";
import { indexLocation } from "./index/schema.ts";
import { createGivenSeq } from "./given-seq.ts";
import { createReadiness } from "./readiness.ts";
import { createRemovals } from "./removals.ts";
import { startUpgrade } from "./upgrade.ts";
import type { Calls, CheckpointCalls, IndexCalls, ReaderCalls, ThreadSettings, WriterCalls } from "./threads/protocol.ts";
import { isSearch } from "./read/queries.ts";
import { isFilteredList } from "./read/received.ts";
import { isSearchedTimeline } from "./read/timeline.ts";
import { startRetention } from "../shared/retention.ts";
import { startThread, type Thread } from "./threads/thread.ts";

export interface SqliteOptions extends EngineOptions {
  /** How long to wait for a lock of another process, in milliseconds; 5,000 by default. */
  readonly busyTimeoutMs?: number | undefined;
  /** The maximum size of the database in pages of 4 KiB: a limit for tests and small disks; none by default. */
  readonly maxPageCount?: number | undefined;
}

/** With more unindexed rows, a read that counts takes over 20 ms: it must not delay the lookup of single messages. */
const MAX_UNINDEXED_LOOKUP = 50_000;

/**
 * Becomes the owner of the database, opens or creates it, upgrades it, and starts its threads: the writer, one that checkpoints
 * the WAL, one that keeps the index up to date, and two readers, one for what an index answers at once and one for searches, so
 * that neither waits for the other.
 *
 * Rejects with `DatabaseError`, whose message says the operator what to repair.
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

/** The threads started so far, which must end if the store cannot be opened. */
type Opened = Pick<Thread<Calls>, "abandon">;

interface Owned {
  readonly ownership: Ownership | undefined;
  readonly opened: Opened[];
}

async function openOwned(files: DatabaseFiles, options: SqliteOptions, { ownership, opened }: Owned): Promise<MessageStore> {
  const { busyTimeoutMs, maxPageCount, retentionDays } = options;
  const stopping = createCancellationFlag();
  opened.push({ abandon: async () => cancel(stopping) });
  const settings: ThreadSettings = {
    location: files.location, busyTimeoutMs, maxPageCount, stopping, removes: retentionDays !== undefined,
  };
  const { recorded } = ownership ?? {};
  const start = { onFatal: options.onFatal };
  const started = Promise.withResolvers<IndexKeeper>();
  // A reader may report the index before the keeper has started.
  const reading = { ...start, onNotice: (reason: string) => void started.promise.then((keeper) => keeper.distrust(reason)) };
  function open<C extends Calls>(...thread: Parameters<typeof startThread<C>>): Promise<Thread<C>> {
    const starting = startThread<C>(...thread);
    // If another thread fails to start, one that is still starting ends as well.
    opened.push({ abandon: async () => (await starting).abandon() });
    return starting.catch(rethrowForOperator);
  }
  const writer = await open<WriterCalls>("writer-thread", { ...settings, recorded }, start);
  const [lookups, searches, checkpointer] = await Promise.all([
    open<ReaderCalls>("reader-thread", settings, reading),
    // Otherwise a search through all rows would take CPU time from incoming messages.
    open<ReaderCalls>("reader-thread", { ...settings, inBackground: true }, reading),
    open<CheckpointCalls>("checkpoint-thread", settings, start),
  ]);

  const listeners = new Set<() => void>();
  let stored = 0;
  const [history, lastBefore] = await Promise.all([lookups.call("history", undefined), lookups.call("lastSequence", undefined)]);
  ownership?.record({ ...history, last: lastBefore });
  /** A database whose pages are damaged still stores messages: the highest `seq` then stands for their number. */
  const countStored = (): Promise<number> => lookups.call("count", undefined).catch(() => lastBefore);
  const givenSeq = createGivenSeq(lastBefore, (last) => ownership?.reached(last));

  async function commitBatch(messages: readonly Message[], createdAt: string): Promise<Committed> {
    const { outcomes, seconds, walFrames } = await writer.call("write", { ...flatten(messages), createdAt });
    if (walFrames >= CHECKPOINT_FRAMES && checkpointer.pending() === 0) {
      // A full disk makes it fail, which the next commit reports. The frames stay in the WAL, where they are durable, until
      // there is space.
      const startedAt = performance.now();
      checkpointer.call("checkpoint", undefined).then(
        () => options.observer.checkpointed?.(walFrames, (performance.now() - startedAt) / 1000),
        () => undefined,
      );
    }
    return { outcomes: toOutcomes(outcomes), seconds };
  }

  const inserts = createGroupCommit(commitBatch, {
    ...options,
    onCommitted: (created) => {
      stored += created;
      givenSeq.grew(created);
      if (created > 0) keeper.grew(created);
      if (created > 0) for (const listener of listeners) listener();
    },
  });

  const upgrade = await startUpgrade(writer, {
    isBusy: () => inserts.waiting() > 0,
    onProgress: (rows) => options.observer.upgrading?.(rows),
    onFailure: (reason) => options.observer.upgradeFailed?.(reason),
  });
  opened.push({ abandon: upgrade.stop });
  // Counted before any row is moved: a message is either in one table or in the other.
  const adopted = upgrade.toMove() > 0 ? upgrade.toMove() + (await countStored()) : undefined;
  await upgrade.start();
  const keeper = await startIndexKeeper({
    after: upgrade.toMove() > 0 ? upgrade.moved : undefined,
    // Messages do not depend on that thread.
    startThread: ({ inBackground }) => startThread<IndexCalls>("index-thread", { ...settings, inBackground }, { onFatal: () => undefined }),
    async attachReaders() {
      await Promise.all([lookups, searches].map((reader) => reader.call("attachIndex", indexLocation(files.location))));
    },
    onFault: (reason) => options.observer.indexFaulted?.(reason),
    onStep: (messages, seconds) => options.observer.indexed?.(messages, seconds),
  });
  started.resolve(keeper);
  opened.push({ abandon: keeper.close });
  stored = adopted ?? (await countStored());
  const identity = await files.identity();
  const remove = createRemovals({ writer, reader: lookups, keeper });
  const retention = retentionDays === undefined ? undefined : startRetention({
    // With the searches: it may look at every row, and nobody waits for it.
    removeOld: createRemovals({ writer, reader: searches, keeper }),
    lookBack: (which) => searches.call("lookBack", which),
  }, {
    days: retentionDays,
    clock: options.clock,
    onRemoved: (count) => {
      stored -= count;
      options.observer.removed(count);
    },
    onRunEnded: (run) => options.observer.retained?.(run),
    onSuspended: (suspension) => options.observer.retentionSuspended?.(suspension),
    onFailed: (failure) => options.observer.retentionFailed?.(failure),
  });

  /** No read is answered without the rows that are still to be moved. */
  function requireUpgraded(): void {
    if (upgrade.toMove() > 0) throw new StoreUnavailable(`the database is being upgraded: ${upgrade.toMove()} rows remain`);
  }

  async function read<Name extends keyof ReaderCalls>(
    thread: Thread<ReaderCalls>,
    name: Name,
    argument: ReaderCalls[Name]["takes"],
    { signal }: ReadOptions = {},
  ): Promise<ReaderCalls[Name]["gives"]> {
    requireUpgraded();
    if (thread.pending() >= MAX_WAITING_READS) throw new StoreUnavailable("too many reads wait");
    return thread.call(name, argument, signal);
  }

  /** For reads that count. */
  function counting(): Thread<ReaderCalls> {
    return keeper.unindexed() > MAX_UNINDEXED_LOOKUP ? searches : lookups;
  }

  async function close(): Promise<void> {
    retention?.stop();
    cancel(stopping);
    await Promise.all([inserts.close(), upgrade.stop()]);
    // What they hold can be read or derived again: only the writer can make a stop fail.
    await Promise.allSettled([keeper.close(), lookups.abandon(), searches.abandon(), checkpointer.close()]);
    // Last, so that no reader keeps its checkpoint from emptying the WAL.
    await writer.close().finally(() => ownership?.release());
  }

  const readiness = createReadiness({ files, identity, writer, reader: lookups, clock: options.clock, onFatal: options.onFatal });
  let closed: Promise<void> | undefined;

  return {
    insert: (message) => inserts.insert(message),
    insertAll: (messages) => inserts.insertAll(messages),
    payload: (messageId) => read(lookups, "payload", messageId),
    async erase(which) {
      requireUpgraded();
      let erased = 0;
      for (let more = true; more; ) {
        const { messages, more: left } = await remove(which);
        erased += messages;
        stored -= messages;
        more = left;
      }
      return erased;
    },
    list: (query, options) => read(isSearch(query) ? searches : counting(), "list", query, options),
    listReceived: (query, options) => read(isFilteredList(query) ? searches : counting(), "listReceived", query, options),
    get: (messageId) => read(lookups, "get", messageId),
    stats: (options) => read(counting(), "stats", undefined, options),
    timeline: (query, options) => read(isSearchedTimeline(query) ? searches : counting(), "timeline", query, options),
    // On the thread where it does not delay what an index answers at once.
    exportPage: (query, options) => read(searches, "exportPage", query, options),
    async since(seq, limit, { payload = false } = {}) {
      const page = await read(lookups, "since", { seq, limit, payload });
      givenSeq.flush();
      return page;
    },
    async lastSequence() {
      const seq = await read(lookups, "lastSequence", undefined);
      givenSeq.flush();
      return seq;
    },
    history: () => read(lookups, "history", undefined),
    onCommitted: (listener) => void listeners.add(listener),
    check: createCheckOnce(readiness),
    count: () => stored,
    queueDepth: () => inserts.waiting(),
    sizes: () => files.sizes(),
    maintenance: () => ({
      unindexedMessages: keeper.unindexed(),
      indexFaults: keeper.isFaulty() ? 1 : 0,
      upgradeRemainingRows: upgrade.remaining(),
    }),
    confirmClock: () => retention?.confirmClock(),
    close: () => (closed ??= close()),
  };
}

function rethrowForOperator(error: unknown): never {
  throw error instanceof StoreUnavailable ? new DatabaseError(error.message, { cause: error }) : error;
}
