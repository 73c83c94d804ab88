import type { RetentionFailure, RetentionSuspension, StoreObserver } from "../../../src/core/store.ts";

/** An observer that records what it receives. */
export interface RecordingObserver extends StoreObserver {
  readonly observed: {
    readonly committed: number[];
    readonly failed: number[];
    readonly removed: number[];
    readonly suspended: RetentionSuspension[];
    readonly removalFailures: RetentionFailure[];
  };
}

export function createRecordingObserver(): RecordingObserver {
  const observed: RecordingObserver["observed"] = { committed: [], failed: [], removed: [], suspended: [], removalFailures: [] };
  return {
    observed,
    committed: (messages) => void observed.committed.push(messages),
    commitFailed: (messages) => void observed.failed.push(messages),
    removed: (messages) => void observed.removed.push(messages),
    indexFaulted: () => undefined,
    retentionSuspended: (suspension) => void observed.suspended.push(suspension),
    retentionFailed: (failure) => void observed.removalFailures.push(failure),
  };
}
