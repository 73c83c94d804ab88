import { setTimeout } from "node:timers/promises";
import type { Pool } from "../../postgres/pool.ts";

/** A server that hangs must not hang the health check. */
const CHECK_DEADLINE_MS = 2_000;
/** By then a connection is given up that waits for a standby; more of them would only wait with it. */
const PROBE_DEADLINE_MS = 60_000;

/**
 * Locking a row writes to the log, as a message does, so it needs the primary, room, and the standby that commits wait for; and it
 * leaves nothing behind. No batch locks this row.
 */
const PROBE = "SELECT id FROM inbox_lock WHERE id = 2 FOR UPDATE";

/** Proves that the server takes writes: gives the reasons why not. Checks that come while a probe is under way share it. */
export function createReadiness(pool: Pool): () => Promise<readonly string[]> {
  let probe: Promise<readonly string[]> | undefined;

  async function prove(): Promise<readonly string[]> {
    try {
      await pool.run([{ sql: PROBE }], { deadlineMs: PROBE_DEADLINE_MS });
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    } finally {
      probe = undefined;
    }
  }

  return async () => {
    const deadline = new AbortController();
    const late = setTimeout(CHECK_DEADLINE_MS, [`the database did not answer within ${CHECK_DEADLINE_MS} ms`], {
      ref: false,
      signal: deadline.signal,
    });
    try {
      return await Promise.race([(probe ??= prove()), late]);
    } finally {
      deadline.abort();
      late.catch(() => undefined);
    }
  };
}
