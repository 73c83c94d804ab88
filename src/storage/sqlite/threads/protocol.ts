import type { CancellationFlag } from "../cancellation.ts";
import type { RecordedHistory } from "../history.ts";
import type { CheckPosition } from "../index/check-pages.ts";
import type { CheckProgress, IndexStep } from "../index/message-index.ts";
import type { Queries } from "../read/queries.ts";
import type { FlatBatch } from "../write/batch.ts";
import type { RemovalRequest } from "../write/removal.ts";

/** The maximum number of rows that an upgrade still has to move, and about how many it still has to delete. */
export interface UpgradeState {
  readonly toMove: number;
  readonly toDelete: number;
}

/** The settings with which every thread of the store is started. */
export interface ThreadSettings {
  /** A file path or a `file:` URI. */
  readonly location: string;
  readonly busyTimeoutMs?: number | undefined;
  /** Set once the service stops: from then on no call waits for a lock of another process. */
  readonly stopping?: CancellationFlag;
  readonly maxPageCount?: number | undefined;
  /** What the last owner recorded, if anything; for the writer. */
  readonly recorded?: RecordedHistory | undefined;
  /** Whether messages are going to be removed. */
  readonly removes?: boolean;
  /** Whether the thread runs only while the other threads leave CPU time unused. */
  readonly inBackground?: boolean;
}

/** The calls that a thread serves: what each takes and gives. */
export type Calls = Readonly<Record<string, { readonly takes: unknown; readonly gives: unknown }>>;

export type WriterCalls = {
  /** Gives one outcome byte per message, the duration in seconds, and the number of WAL frames that no checkpoint has copied. */
  write: {
    takes: { batch: FlatBatch; payloads: readonly (string | null)[]; createdAt: string };
    gives: { outcomes: Uint8Array; seconds: number; walFrames: number };
  };
  /** Removes rows, and gives how many. */
  remove: { takes: RemovalRequest; gives: number };
  /** Deletes some of what an upgrade left, and gives how many rows; 0 once nothing is left. */
  dropLeftovers: { takes: undefined; gives: number };
  upgradeState: { takes: undefined; gives: UpgradeState };
  /** Moves some rows of an earlier build; gives the maximum number of rows left. */
  moveAdopted: { takes: undefined; gives: number };
  /** Takes the time of the check. */
  probe: { takes: string; gives: void };
};

/** The calls that correspond to functions of at most one argument, by name. */
type CallsOf<Functions> = {
  [Name in keyof Functions]: Functions[Name] extends (...args: infer Takes) => infer Gives ? { takes: Takes[0]; gives: Gives } : never;
};

/** A reader serves every query by its name. */
export type ReaderCalls = CallsOf<Omit<Queries, "since">> & {
  since: { takes: { seq: number; limit: number; payload: boolean }; gives: ReturnType<Queries["since"]> };
};

export type IndexCalls = {
  step: { takes: undefined; gives: IndexStep };
  reset: { takes: undefined; gives: void };
  /** See `MessageIndex`. */
  check: { takes: CheckPosition | undefined; gives: CheckProgress };
  exclude: { takes: readonly number[]; gives: number };
  forget: { takes: readonly number[]; gives: void };
  /** From now on the thread runs only while the other threads leave CPU time unused. */
  lowerPriority: { takes: undefined; gives: void };
};

export type CheckpointCalls = {
  /** Copies the WAL into the database, synced, while the writer continues. */
  checkpoint: { takes: undefined; gives: void };
};

export type Handlers<C extends Calls> = { readonly [Name in keyof C]: (argument: C[Name]["takes"]) => C[Name]["gives"] };

export interface Failure {
  readonly ok: false;
  readonly reason: string;
  /** The state of the file is unknown: the process must end. */
  readonly fatal: boolean;
  /** It is unknown whether the call was done. */
  readonly inDoubt: boolean;
}

/** How a call ended. */
export type CallResult = { readonly ok: true; readonly value: unknown } | Failure;

/** Sent by a thread on its own initiative, not as the result of a call. */
export interface Notice {
  readonly notice: string;
}

/** Sent instead of a call: finish and end the thread. */
export const CLOSE = "close";
