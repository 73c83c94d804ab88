import type { Message, StoredMessage } from "./message.ts";
import type {
  ExportPage, ExportQuery, MessagePage, MessageQuery, ReceivedPage, ReceivedQuery, SequencedPage, Stats, Timeline, TimelineQuery,
} from "./queries.ts";

/**
 * How one message ended. `created`: committed, synced, and returned by every read from now on. `duplicate`: a message with this
 * id was stored before; it may have been removed since. `conflict`: a duplicate whose content differs from the stored message.
 * `unavailable`: not stored. `in_doubt`: it is unknown whether it is stored.
 */
export type InsertOutcome = "created" | "duplicate" | "conflict" | "unavailable" | "in_doubt";

/**
 * Durable storage of messages. The promises of every engine are numbered in `src/storage/README.md`. Every method is
 * asynchronous; none blocks the caller's thread. Reads reject with `StoreUnavailable` if the database cannot be read, and with
 * `ReadCancelled` once their signal is aborted.
 */
export interface MessageStore {
  /**
   * Settles once the transaction that holds the message is committed and synced, or has failed; never rejects.
   * Calls made at about the same time share one transaction.
   */
  insert(message: Message): Promise<InsertOutcome>;
  /**
   * Inserts several messages in one transaction: all are stored, or none. Gives one outcome per message; if one is
   * `unavailable` or `in_doubt`, all are.
   */
  insertAll(messages: readonly Message[]): Promise<readonly InsertOutcome[]>;
  list(query: MessageQuery, options?: ReadOptions): Promise<MessagePage>;
  /** Lists in commit order, which does not depend on `ts`. */
  listReceived(query: ReceivedQuery, options?: ReadOptions): Promise<ReceivedPage>;
  get(messageId: string): Promise<StoredMessage | undefined>;
  /** What a platform sent about a message, as JSON; undefined for a native message and for an unknown id. */
  payload(messageId: string): Promise<string | undefined>;
  /**
   * Erases messages from rows, search and payloads, and gives how many. Their ids stay known: a later copy is a duplicate.
   * Settles once the erasure is committed and synced. Rejects with `InDoubt` if that is unknown.
   */
  erase(which: Erasure): Promise<number>;
  stats(options?: ReadOptions): Promise<Stats>;
  /** Exact for every filter. With `to` or `q` it may have to read every message of the range. */
  timeline(query: TimelineQuery, options?: ReadOptions): Promise<Timeline>;
  /** The next messages that match, in list order; each call is a short read of its own. */
  exportPage(query: ExportQuery, options?: ReadOptions): Promise<ExportPage>;
  /** Messages after `seq` in commit order: at most `limit`, fewer if they are large. */
  since(seq: number, limit: number, options?: { readonly payload?: boolean }): Promise<SequencedPage>;
  /** The `seq` of the newest message, even if it was removed; 0 if there was none. */
  lastSequence(): Promise<number>;
  /** The generation to which each `seq` belongs, and what is known of former generations. */
  history(): Promise<History>;
  /** Calls `listener` after each commit that added messages; a read that begins after the call finds them. */
  onCommitted(listener: () => void): void;
  /** Proves that the database can be read and written. Gives the reasons why not; empty if it can. */
  check(): Promise<readonly string[]>;
  /** How many messages are stored; free of cost. */
  count(): number;
  /** How many messages wait to be committed. */
  queueDepth(): number;
  /** Rejects if the sizes cannot be determined. */
  sizes(): Promise<StoreSizes>;
  /** The state of what is derived from the messages; free of cost. */
  maintenance(): Maintenance;
  /** The operator confirms that the clock is right: retention that waits for this continues. */
  confirmClock(): void;
  /**
   * Commits what waits and releases the database; later inserts are `unavailable`. A server that hangs is abandoned after `graceMs`,
   * 1,000 by default.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * A `seq` is a position in one generation of the store. A generation is former once messages that readers may have seen may be
 * missing, for example after a restore.
 */
export interface History {
  /** The name of the present generation. */
  readonly generation: string;
  /** The former generations that are known, each with the last `seq` that it shares with the present one. */
  readonly former: ReadonlyMap<string, number>;
}

/** The space that the database uses and has left; each engine gives what it can determine. */
export interface StoreSizes {
  readonly databaseBytes?: number;
  /** The write-ahead log. */
  readonly walBytes?: number;
  /** On the file system that holds the database. */
  readonly diskFreeBytes?: number;
}

export interface ReadOptions {
  /** Abort it once the result is not needed: the read leaves its queue, or ends at its next step. */
  readonly signal?: AbortSignal | undefined;
}

/** The state of what is derived from committed messages; each engine gives what it has. */
export interface Maintenance {
  /** Messages that search and counts do not cover yet: reads look at each of them. */
  readonly unindexedMessages?: number;
  /** Parts of the derived data that are being rebuilt because they were damaged, missing or out of date. */
  readonly indexFaults?: number;
  /** About how many rows of an earlier schema an upgrade still has to convert. */
  readonly upgradeRemainingRows?: number;
}

/** The store cannot do its work; the message gives the reason, for the operator's log. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}

/** The read was cancelled: its signal was aborted. */
export class ReadCancelled extends Error {
  override name = "ReadCancelled";
}

/** The store failed during the work, which may or may not be done. */
export class InDoubt extends StoreUnavailable {
  override name = "InDoubt";
}

/** One message, or all messages of a sender. */
export type Erasure = { readonly messageId: string } | { readonly from: string };

/** The clock jumped ahead, so retention waits. All times are ISO 8601. */
export interface RetentionSuspension {
  /** What the clock showed. */
  readonly clock: string;
  /**
   * The least that it should have shown: the last trusted time plus the time since then. After a start, the trusted time is the
   * receipt of the newest message that is at least a day old.
   */
  readonly expected: string;
  /** When the clock will be trusted, unless it jumps again. */
  readonly until: string;
}

/** Why messages could not be removed. */
export interface RetentionFailure {
  readonly reason: string;
  /** Whether this reason is new since retention last succeeded. */
  readonly isNew: boolean;
}

/** Receives reports on the store's work. */
export interface StoreObserver {
  /** One transaction was committed: its number of messages and its duration in seconds. */
  committed(messages: number, seconds: number): void;
  /** One transaction failed. None of its messages is stored, unless their outcome is `in_doubt`. */
  commitFailed(messages: number, reason: string): void;
  /** This many messages were removed because of their age. */
  removed(messages: number): void;
  /** The index could not be used, for this reason. Until it is rebuilt, reads work without it. */
  indexFaulted?(reason: string): void;
  /** At most this many rows of an earlier schema are left to upgrade. Reads are refused until none is left. */
  upgrading?(rows: number): void;
  /** A transaction of the upgrade failed, for this reason; it will be retried. */
  upgradeFailed?(reason: string): void;
  /** One step of the index covered this many more messages and took this long. */
  indexed?(messages: number, seconds: number): void;
  /** A run of retention has ended: it removed what was received before `before` (ISO 8601), unless it was interrupted. */
  retained?(run: { readonly messages: number; readonly before: string }): void;
  /** The clock jumped ahead: retention removes nothing until the clock is confirmed. */
  retentionSuspended?(suspension: RetentionSuspension): void;
  /** Messages that are too old could not be found or removed; retried within a minute. */
  retentionFailed?(failure: RetentionFailure): void;
  /** This many pages of the write-ahead log were copied into the database, which took this long. */
  checkpointed?(pages: number, seconds: number): void;
}
