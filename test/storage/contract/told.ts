import type { RetentionFailure, RetentionSuspension, StoreObserver } from "../../../src/core/store.ts";

/** An observer that keeps what it is told. */
export interface Told extends StoreObserver {
  readonly told: {
    readonly committed: number[];
    readonly failed: number[];
    readonly removed: number[];
    readonly suspended: RetentionSuspension[];
    readonly removalFailures: RetentionFailure[];
  };
}

export function createTold(): Told {
  const told: Told["told"] = { committed: [], failed: [], removed: [], suspended: [], removalFailures: [] };
  return {
    told,
    committed: (messages) => void told.committed.push(messages),
    commitFailed: (messages) => void told.failed.push(messages),
    removed: (messages) => void told.removed.push(messages),
    indexFaulted: () => undefined,
    retentionSuspended: (suspension) => void told.suspended.push(suspension),
    retentionFailed: (failure) => void told.removalFailures.push(failure),
  };
}
