import { statSync } from "node:fs";
import type { Finding } from "../../../core/maintenance.ts";
import { DatabaseError } from "../database.ts";
import { startThread } from "../threads/thread.ts";

/** In the order in which they run: each relies on those before it. */
export const CHECKS = ["integrity", "schema", "index", "counters", "senders", "search"] as const;
export type CheckName = (typeof CHECKS)[number];

/** Checks and repairs one database in a thread of its own, so that the caller can show progress and be stopped. */
export interface Verifier {
  /** Damaged content is a finding. Rejects with `StoreUnavailable` if the file cannot be opened. */
  check(name: CheckName): Promise<Finding>;
  /** Rejects with `StoreUnavailable`, for the operator: see `rebuild`. */
  rebuild(): Promise<void>;
  /** The share of the work in progress that is done, from 0 to 1; undefined if unknown. */
  progress(): number | undefined;
  close(): Promise<void>;
}

/** The calls of the thread. Both write their progress into `progress`: units done, and units in all. */
export type VerifierCalls = {
  check: { takes: { readonly name: CheckName; readonly progress: Float64Array }; gives: Finding };
  rebuild: { takes: Float64Array; gives: void };
};

/** Throws `DatabaseError` if `path` is not a file. */
export async function startVerifier(path: string): Promise<Verifier> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new DatabaseError(`Cannot check the database: ${path} must exist and be a file`);
  }
  // A fault in the thread rejects the call that caused it.
  const thread = await startThread<VerifierCalls>("verify-thread", { location: path }, { onFatal: () => {} });
  // Shared memory: a busy thread cannot send messages.
  const progress = new Float64Array(new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT));
  return {
    check(name) {
      progress.fill(0);
      return thread.call("check", { name, progress });
    },
    rebuild() {
      progress.fill(0);
      return thread.call("rebuild", progress);
    },
    progress() {
      const [done = 0, total = 0] = progress;
      return total > 0 ? Math.min(1, done / total) : undefined;
    },
    close: () => thread.close(),
  };
}
