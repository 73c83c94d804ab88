import { setTimeout } from "node:timers/promises";

/** A disk or a server that hangs must not hang the health check. */
const CHECK_DEADLINE_MS = 2_000;

/**
 * Wraps a check that proves that the database accepts writes. The result gives the reasons if the database does not, within 2 s by
 * default. A proof costs a disk sync, so calls that are made while a proof is in progress share it.
 */
export function createCheckOnce(
  prove: () => Promise<readonly string[]>,
  { deadlineMs = CHECK_DEADLINE_MS }: { readonly deadlineMs?: number } = {},
): () => Promise<readonly string[]> {
  let proof: Promise<readonly string[]> | undefined;

  async function run(): Promise<readonly string[]> {
    try {
      return await prove();
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    } finally {
      proof = undefined;
    }
  }

  return async () => {
    const deadline = new AbortController();
    const late = setTimeout(deadlineMs, [`the database did not respond within ${deadlineMs} ms`], {
      ref: false,
      signal: deadline.signal,
    });
    try {
      return await Promise.race([(proof ??= run()), late]);
    } finally {
      deadline.abort();
      late.catch(() => undefined);
    }
  };
}
