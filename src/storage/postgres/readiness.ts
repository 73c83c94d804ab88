import type { Pool } from "../../postgres/pool.ts";
import { createCheckOnce } from "../shared/check-once.ts";

/** After this time a probe that waits for a standby gives up its connection. More probes would only wait too. */
const PROBE_DEADLINE_MS = 60_000;

/**
 * Locking a row writes to the log, as a message does, so it needs the primary, free space, and the standby that commits wait
 * for; and it leaves no change. No batch locks this row.
 */
const PROBE = "SELECT id FROM inbox_lock WHERE id = 2 FOR UPDATE";

/** Proves that the server accepts writes: gives the reasons why not. */
export function createReadiness(pool: Pool): () => Promise<readonly string[]> {
  return createCheckOnce(async () => {
    await pool.run([{ sql: PROBE }], { deadlineMs: PROBE_DEADLINE_MS });
    return [];
  });
}
