import type { Statement } from "../../postgres/frontend.ts";
import type { Pool } from "../../postgres/pool.ts";
import { createCheckOnce } from "../shared/check-once.ts";

/** After this time a probe closes its connection: its server may be out of reach, and another one the primary. */
const PROBE_DEADLINE_MS = 5_000;

/**
 * Locking a row writes to the log, as a message does, so it needs the primary, free space, and the standby that commits wait
 * for; and it leaves no change. No batch locks this row. A probe that waits for a standby keeps the lock, even if its connection is
 * closed. Meanwhile, later probes only wait for the lock, and leave nothing behind on the server.
 */
const PROBE: readonly Statement[] = [
  { sql: "SELECT set_config('lock_timeout', '3000', true)" },
  { sql: "SELECT id FROM inbox_lock WHERE id = 2 FOR UPDATE" },
];

/** Proves that the server accepts writes; gives the reasons if it does not. */
export function createReadiness(pool: Pool): () => Promise<readonly string[]> {
  return createCheckOnce(async () => {
    await pool.run(PROBE, { deadlineMs: PROBE_DEADLINE_MS });
    return [];
  });
}
