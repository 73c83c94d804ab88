import type { StoredMessage } from "../../../core/message.ts";
import type { ExportPage, ExportQuery, MessagePage, MessageQuery, SequencedPage, Stats, Timeline, TimelineQuery } from "../../../core/queries.ts";
import type { Erasure } from "../../../core/store.ts";
import type { FlatBatch } from "../write/batch.ts";
import type { Removed } from "../../shared/retention.ts";

/** What every thread of the store is started with. */
export interface ThreadSettings {
  /** A file path or a `file:` URI. */
  readonly location: string;
  readonly busyTimeoutMs?: number | undefined;
  readonly maxPageCount?: number | undefined;
  /** Messages are going to be removed. */
  readonly removes?: boolean;
  /** It works only where the other threads leave the processors idle. */
  readonly inBackground?: boolean;
}

/** The calls that a thread answers: what each takes and gives. */
export type Calls = Readonly<Record<string, { readonly takes: unknown; readonly gives: unknown }>>;

export type WriterCalls = {
  /** Gives one outcome byte a message, the seconds that the transaction took, and the frames of the WAL that no checkpoint has copied. */
  write: { takes: { batch: FlatBatch; payloads: readonly (string | null)[]; createdAt: string }; gives: { outcomes: Uint8Array; seconds: number; walFrames: number } };
  /** Removes some of the messages received before this `created_at`. */
  remove: { takes: string; gives: Removed };
  /** Erases some; `more` are left. */
  erase: { takes: Erasure; gives: Removed };
  /** Takes the time of the check. */
  probe: { takes: string; gives: void };
};

export type ReaderCalls = {
  payload: { takes: string; gives: string | undefined };
  list: { takes: MessageQuery; gives: MessagePage };
  get: { takes: string; gives: StoredMessage | undefined };
  stats: { takes: undefined; gives: Stats };
  timeline: { takes: TimelineQuery; gives: Timeline };
  count: { takes: undefined; gives: number };
  exportPage: { takes: ExportQuery; gives: ExportPage };
  since: { takes: { seq: number; limit: number; payload: boolean }; gives: SequencedPage };
  lastSequence: { takes: undefined; gives: number };
};

export type CheckpointCalls = {
  /** Copies what the WAL holds into the database, synced, while the writer goes on. */
  checkpoint: { takes: undefined; gives: void };
};

export type Handlers<C extends Calls> = { readonly [Name in keyof C]: (argument: C[Name]["takes"]) => C[Name]["gives"] };

export interface Failure {
  readonly ok: false;
  readonly reason: string;
  /** The state of the file is unknown: the process must end. */
  readonly fatal: boolean;
  /** So is whether the call was done. */
  readonly uncertain: boolean;
}

export type Reply = { readonly ok: true; readonly value: unknown } | Failure;

/** Sent instead of a call: finish and end the thread. */
export const CLOSE = "close";
