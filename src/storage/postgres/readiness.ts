import type { Pool } from "../../postgres/pool.ts";
import { createCheckOnce } from "../shared/check-once.ts";

/** By then a connection is given up that waits for a standby; more of them would only wait with it. */
const PROBE_DEADLINE_MS = 60_000;

/**
 * Locking a row writes to the log, as a message does, so it needs the primary, room, and the standby that commits wait for; and it
 * leaves nothing behind. No batch locks this row.
 */
const PROBE = "SELECT id FROM inbox_lock WHERE id = 2 FOR UPDATE";

/** Proves that the server takes writes: gives the reasons why not. */
export function createReadiness(pool: Pool): () => Promise<readonly string[]> {
  return createCheckOnce(async () => {
    await pool.run([{ sql: PROBE }], { deadlineMs: PROBE_DEADLINE_MS });
    return [];
  });
}
