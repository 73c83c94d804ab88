import type { Message, StoredMessage } from "./message.ts";
import type {
  ExportPage, ExportQuery, MessagePage, MessageQuery, ReceivedPage, ReceivedQuery, SequencedPage, Stats, Timeline, TimelineQuery,
} from "./queries.ts";

/**
 * What became of one message. `created`: it is committed, synced, and given back by every read. `duplicate`: a message of its id
 * was, and may have been removed since. `conflict`: the same, and what is stored has another content. `unavailable`: it is not
 * stored. `in_doubt`: nobody can tell whether it is.
 */
export type InsertOutcome = "created" | "duplicate" | "conflict" | "unavailable" | "in_doubt";

/**
 * Durable storage of messages. What every engine promises is numbered in `src/storage/README.md`. Every method is asynchronous and
 * none blocks the caller's thread. Reads reject with `StoreUnavailable` if the database cannot tell, and with `ReadCancelled` once
 * their signal is aborted.
 */
export interface MessageStore {
  /**
   * Settles once the transaction that holds the message is committed and synced, or has failed; never rejects.
   * Calls made at about the same time share one transaction.
   */
  insert(message: Message): Promise<InsertOutcome>;
  /**
   * The same for several messages in one transaction: all of them are stored, or none. Gives an outcome for each; if one is
   * `unavailable` or `in_doubt`, all are.
   */
  insertAll(messages: readonly Message[]): Promise<readonly InsertOutcome[]>;
  list(query: MessageQuery, options?: ReadOptions): Promise<MessagePage>;
  /** The same in the order of receipt: a message that is dated wrongly has its place in it, too. */
  listReceived(query: ReceivedQuery, options?: ReadOptions): Promise<ReceivedPage>;
  get(messageId: string): Promise<StoredMessage | undefined>;
  /** What a platform sent about a message, as JSON; undefined for a native message, and if there is none of that id. */
  payload(messageId: string): Promise<string | undefined>;
  /**
   * Takes messages out of rows, search and payloads, and gives how many. Their ids stay known: a later copy is a duplicate.
   * Settles once that is committed and synced. Rejects with `InDoubt` if nobody can tell whether it is.
   */
  erase(which: Erasure): Promise<number>;
  stats(options?: ReadOptions): Promise<Stats>;
  /** Exact for every filter; if there is a `to` or a `q` it may look at all messages of the range. */
  timeline(query: TimelineQuery, options?: ReadOptions): Promise<Timeline>;
  /** The next messages that match, in the order of a list; each call is a short read of its own. */
  exportPage(query: ExportQuery, options?: ReadOptions): Promise<ExportPage>;
  /** Messages after `seq` in the order of commits: at most `limit`, and fewer if they are large. */
  since(seq: number, limit: number, options?: { readonly payload?: boolean }): Promise<SequencedPage>;
  /** The `seq` of the newest message, also if it has been removed; 0 before the first one. */
  lastSequence(): Promise<number>;
  /** What a `seq` is a place in, and what is left of the places in former histories. */
  history(): Promise<History>;
  /** Calls `listener` after each commit that has added messages: a read that begins then finds them. */
  onCommitted(listener: () => void): void;
  /** Proves that the database answers and takes writes; gives the reasons why not, empty if it does. */
  check(): Promise<readonly string[]>;
  /** How many messages are stored; costs nothing. */
  count(): number;
  /** How many messages wait for their commit. */
  queueDepth(): number;
  /** Rejects if they cannot be read. */
  sizes(): Promise<StoreSizes>;
  /** How far what follows the messages is; costs nothing. */
  maintenance(): Maintenance;
  /** The operator says that the clock is right: retention that waits for it goes on. */
  confirmClock(): void;
  /** Commits what waits and lets go of the database; later inserts are `unavailable`. */
  close(): Promise<void>;
}

/**
 * A `seq` is a place in one history of the store alone. One whose messages a reader may have seen, and which then may be missing, as
 * after a restore, is a former one.
 */
export interface History {
  /** The name of the present one. */
  readonly generation: string;
  /** The former ones that are known, each with the last `seq` up to which the present one is the same. */
  readonly former: ReadonlyMap<string, number>;
}

/** What the database takes and has left; each engine tells what it can know. */
export interface StoreSizes {
  readonly databaseBytes?: number;
  /** Of the log that is written before the database itself. */
  readonly walBytes?: number;
  /** On the file system of the database. */
  readonly diskFreeBytes?: number;
}

export interface ReadOptions {
  /** Aborted once nobody waits for the read: it is dropped from its queue, or ends at its next step. */
  readonly signal?: AbortSignal | undefined;
}

/** The state of what is derived from the messages behind their commits; each engine tells what it has. */
export interface Maintenance {
  /** Messages that search and counts do not cover yet: reads look at each of them. */
  readonly unindexedMessages?: number;
  /** Parts of what is derived that are being built again, since they were damaged, gone or did not fit. */
  readonly indexFaults?: number;
  /** About how many rows of an earlier version an upgrade has yet to deal with. */
  readonly upgradeRemainingRows?: number;
}

/** The store cannot answer: the reason is in the message, for the operator's log. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}

/** Nobody waits for the read any more: its signal was aborted. */
export class ReadCancelled extends Error {
  override name = "ReadCancelled";
}

/** The store was at work on it when it failed: it may have been done or not. */
export class InDoubt extends StoreUnavailable {
  override name = "InDoubt";
}

/** One message, or all of a sender. */
export type Erasure = { readonly messageId: string } | { readonly from: string };

/** A leap of the clock that makes retention wait; all in ISO 8601. */
export interface RetentionSuspension {
  /** What the clock showed. */
  readonly clock: string;
  /** What it should have shown: the newest message, or the time that has passed since the clock was last believed. */
  readonly expected: string;
  /** When it is believed if it does not leap again. */
  readonly until: string;
}

/** Why messages could not be removed. */
export interface RetentionFailure {
  readonly reason: string;
  /** It has not failed for this reason since it succeeded last. */
  readonly isNew: boolean;
}

/** What the store tells about its work. */
export interface StoreObserver {
  /** One transaction was committed: how many messages it held and how long it took, in seconds. */
  committed(messages: number, seconds: number): void;
  /** One transaction failed; none of its messages is stored, unless their outcome is `in_doubt`. */
  commitFailed(messages: number, reason: string): void;
  /** Told how many messages were removed for their age. */
  removed(messages: number): void;
  /** The index could not be used, for this reason: reads are answered without it until it is built again. */
  indexFaulted?(reason: string): void;
  /** Told how many rows of an earlier build are left to upgrade, at most; until there are none, reads are refused. */
  upgrading?(rows: number): void;
  /** A transaction of the upgrade failed, for this reason; it is tried again. */
  upgradeFailed?(reason: string): void;
  /** Told how many more messages one step of the index has covered, and how long it took. */
  indexed?(messages: number, seconds: number): void;
  /** A run of retention has removed all that was old enough, or was stopped: what was received before `before` (ISO 8601). */
  retained?(run: { readonly messages: number; readonly before: string }): void;
  /** Retention removes nothing until the clock, which has leapt ahead, is confirmed. */
  retentionSuspended?(suspension: RetentionSuspension): void;
  /** Messages that are too old could not be looked for or removed; it is tried again within a minute. */
  retentionFailed?(failure: RetentionFailure): void;
  /** Told how many pages of the write-ahead log were copied into the database, and how long it took. */
  checkpointed?(pages: number, seconds: number): void;
}
