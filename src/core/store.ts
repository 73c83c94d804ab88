import type { Message, StoredMessage } from "./message.ts";
import type { ExportPage, ExportQuery, MessagePage, MessageQuery, SequencedPage, Stats, Timeline, TimelineQuery } from "./queries.ts";

/**
 * What became of one message: `conflict` is a duplicate whose content differs from the stored row,
 * `unavailable` means that it is not stored, `unknown` that nobody can tell before the next start.
 */
export type InsertOutcome = "created" | "duplicate" | "conflict" | "unavailable" | "unknown";

/**
 * Durable storage of messages. Every method is asynchronous and none blocks the caller's thread.
 * Reads reject with `StoreUnavailable` where the database cannot answer.
 */
export interface MessageStore {
  /**
   * Settles once the transaction that holds the message is committed and synced, or has failed.
   * Calls made at about the same time share one transaction.
   */
  insert(message: Message): Promise<InsertOutcome>;
  /**
   * The same for several messages in one transaction: all of them are stored, or none. Gives an outcome for each; if one is
   * `unavailable` or `unknown`, all are.
   */
  insertAll(messages: readonly Message[]): Promise<readonly InsertOutcome[]>;
  list(query: MessageQuery): Promise<MessagePage>;
  get(messageId: string): Promise<StoredMessage | undefined>;
  /** What a platform sent about a message, as JSON; undefined for a native message, and if there is none of that id. */
  payload(messageId: string): Promise<string | undefined>;
  /**
   * Takes messages out of rows, search and payloads, and gives how many. Their ids stay known: a later copy is a duplicate.
   * Settles once that is committed and synced.
   */
  erase(which: Erasure): Promise<number>;
  stats(): Promise<Stats>;
  timeline(query: TimelineQuery): Promise<Timeline>;
  /** The next messages that match, in the order of a list; each call is a short read of its own. */
  exportPage(query: ExportQuery): Promise<ExportPage>;
  /** Messages behind `seq` in the order of commits: at most `limit`, and fewer where they are large. */
  since(seq: number, limit: number, options?: { readonly payload?: boolean }): Promise<SequencedPage>;
  /** The `seq` of the newest message, also where it has been removed; 0 before the first one. */
  lastSequence(): Promise<number>;
  /** Calls `listener` after each commit that has added messages: a read that begins then finds them. */
  onCommitted(listener: () => void): void;
  /** Proves that the database answers and takes writes; gives the reasons why not, empty where it does. */
  check(): Promise<readonly string[]>;
  /** How many messages are stored; costs nothing. */
  count(): number;
  /** How many messages wait for their commit. */
  queueDepth(): number;
  /** Rejects where the database has no files. */
  fileSizes(): Promise<FileSizes>;
  /** Commits what waits, checkpoints the WAL and closes; later inserts are `unavailable`. */
  close(): Promise<void>;
}

/** Sizes of the database's files and the room left on their file system. */
export interface FileSizes {
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly diskFreeBytes: number;
}

/** The store cannot answer: the reason is in the message, for the operator's log. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}

/** The store was at work on it when it failed: it may have been done or not. */
export class OutcomeUnknown extends StoreUnavailable {
  override name = "OutcomeUnknown";
}

/** One message, or all of a sender. */
export type Erasure = { readonly messageId: string } | { readonly from: string };

/** What the store tells about its work. */
export interface StoreObserver {
  /** One transaction was committed: how many messages it held and how long it took, in seconds. */
  committed(messages: number, seconds: number): void;
  /** One transaction failed; none of its messages is stored, unless their outcome is `unknown`. */
  commitFailed(messages: number, reason: string): void;
  /** So many messages were removed for their age. */
  removed(messages: number): void;
}
