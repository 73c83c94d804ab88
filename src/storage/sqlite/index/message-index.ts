import { performance } from "node:perf_hooks";
import { isCorrupt } from "../database.ts";
import type { CheckPosition } from "./check-pages.ts";
import { mismatch, readIndexState, readStoreState } from "./coverage.ts";
import { identityOf, markClosed, type IndexLocation } from "./index-file.ts";
import { createIndex, openIndex, reasonOf } from "./open-index.ts";
import type { IndexOperations } from "./operations.ts";

/** The result of one step. */
export interface IndexStep {
  /** How many rows it derived. */
  readonly derived: number;
  /** How many rows are left for later steps. */
  readonly unindexed: number;
  /** Why the index was rebuilt from the first row, for the log. */
  readonly fault?: string | undefined;
}

/** The result of a part of a check. */
export interface CheckProgress {
  /** What is wrong, if anything: the check is over. */
  readonly complaint?: string | undefined;
  /** Where to continue; undefined if the check is over. */
  readonly next?: CheckPosition | undefined;
}

const CHECK_MS = 50;

/**
 * The index of one database, in a file of its own: search, counts, and each sender's messages in time order. It covers
 * the rows up to a watermark. Readers look at all other rows themselves, so results are exact however many rows are unindexed.
 *
 * No state is kept in memory between two calls: each reads the state of both files.
 */
export interface MessageIndex {
  /**
   * Derives the next rows. If the file is damaged, missing or does not match, first replaces it with an empty index. Throws if that
   * fails, too.
   */
  step(): IndexStep;
  /** Discards the content of the index. */
  reset(): void;
  /** Reads pages for about 50 ms, beginning at the first one if there is no position. After the last page, counts the rows. */
  check(position?: CheckPosition): CheckProgress;
  /**
   * Takes out rows that are about to be removed, and gives this removal's number. Until they are removed, readers look at them
   * directly.
   */
  exclude(seqs: readonly number[]): number;
  /** Call it once these rows have been removed. */
  forget(seqs: readonly number[]): void;
  close(): void;
}

/** Opens the index at this location, or creates it. Throws SQLite's error if neither is possible. */
export function openMessageIndex(at: IndexLocation): MessageIndex {
  const opened = openIndex(at);
  let index = opened.index;
  let fault = opened.fault;

  function reset(): void {
    if (index.db.isOpen) index.db.close();
    index = createIndex(at);
  }

  function reasonToReset(): string | undefined {
    if (!index.db.isOpen || identityOf(at.location) !== index.identity) return "its file was removed or replaced";
    const store = readStoreState(index.db);
    try {
      return mismatch(readIndexState(index.db), store);
    } catch (error) {
      return reasonOf(error);
    }
  }

  return {
    step() {
      const reason = reasonToReset();
      if (reason !== undefined) {
        fault = reason;
        reset();
      }
      let picked = index.operations.pick();
      try {
        index.operations.derive();
      } catch (error) {
        fault = reasonOf(error);
        reset();
        picked = index.operations.pick();
        index.operations.derive();
      }
      const step: IndexStep = { derived: picked.rows, unindexed: picked.unindexed, fault };
      fault = undefined;
      return step;
    },
    reset,
    check: (position) => check(index.operations, position),
    exclude: (seqs) => index.operations.exclude(seqs),
    forget: (seqs) => index.operations.forget(seqs),
    close() {
      if (!index.db.isOpen) return;
      markClosed(index.db);
      index.db.close();
    },
  };
}

function check(operations: IndexOperations, position: CheckPosition | undefined): CheckProgress {
  const deadlineMs = performance.now() + CHECK_MS;
  let next = position;
  try {
    do next = operations.checkNext(next);
    while (next !== undefined && performance.now() < deadlineMs);
  } catch (error) {
    return { complaint: reasonOf(error) };
  }
  return next === undefined ? { complaint: miscountOf(operations) } : { next };
}

function miscountOf(operations: IndexOperations): string | undefined {
  try {
    return operations.miscount();
  } catch (error) {
    // The messages are damaged, not the index. An index that covers what can no longer be read could not be built again.
    if (isCorrupt(error)) return undefined;
    throw error;
  }
}
