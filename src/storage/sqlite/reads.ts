import { StoreUnavailable, type MessageStore, type ReadOptions } from "../../core/store.ts";
import { MAX_WAITING_READS } from "../shared/limits.ts";
import type { GivenSeq } from "./given-seq.ts";
import { isSearch } from "./read/queries.ts";
import { isFilteredList } from "./read/received.ts";
import { isSearchedTimeline } from "./read/timeline.ts";
import type { ReaderCalls } from "./threads/protocol.ts";
import type { StoreThreads } from "./threads/start-all.ts";
import type { Thread } from "./threads/thread.ts";

/** With more unindexed rows, a read that counts takes over 20 ms: it must not delay the lookup of single messages. */
const MAX_UNINDEXED_LOOKUP = 50_000;

export type Reads = Pick<
  MessageStore,
  "list" | "listReceived" | "get" | "payload" | "stats" | "timeline" | "exportPage" | "since" | "lastSequence" | "history"
>;

export interface ReadsOptions {
  /** Throws `StoreUnavailable` while some rows are not visible to reads yet. */
  readonly requireUpgraded: () => void;
  readonly unindexed: () => number;
  readonly givenSeq: GivenSeq;
}

/** Sends each read to the thread on which it delays no faster read. */
export function createReads({ lookups, searches }: StoreThreads, { requireUpgraded, unindexed, givenSeq }: ReadsOptions): Reads {
  async function read<Name extends keyof ReaderCalls>(
    thread: Thread<ReaderCalls>,
    name: Name,
    argument: ReaderCalls[Name]["takes"],
    { signal }: ReadOptions = {},
  ): Promise<ReaderCalls[Name]["gives"]> {
    requireUpgraded();
    if (thread.pending() >= MAX_WAITING_READS) throw new StoreUnavailable("too many reads are waiting");
    return thread.call(name, argument, signal);
  }

  /** For reads that count. */
  function counting(): Thread<ReaderCalls> {
    return unindexed() > MAX_UNINDEXED_LOOKUP ? searches : lookups;
  }

  return {
    list: (query, options) => read(isSearch(query) ? searches : counting(), "list", query, options),
    listReceived: (query, options) => read(isFilteredList(query) ? searches : counting(), "listReceived", query, options),
    get: (messageId) => read(lookups, "get", messageId),
    payload: (messageId) => read(lookups, "payload", messageId),
    stats: (options) => read(counting(), "stats", undefined, options),
    timeline: (query, options) => read(isSearchedTimeline(query) ? searches : counting(), "timeline", query, options),
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
  };
}
