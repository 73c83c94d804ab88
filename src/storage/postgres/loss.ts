import type { PipelineResult } from "../../postgres/flights.ts";
import type { Statement } from "../../postgres/frontend.ts";
import { LOCK_FIRST } from "./batch.ts";

/**
 * A reader may have seen a row that only the dead primary had, or that a restored database does not have, and its `seq` would be given
 * to another row. So numbering continues far beyond it.
 */
const JUMP = "SELECT setval('messages_seq', greatest((SELECT last_value FROM messages_seq), $1::bigint) + 1000000)";

/**
 * Begins a new generation if the message with this `seq` is neither stored nor removed. In that case, returns one row with the last
 * `seq` that both generations share.
 */
const NEW_GENERATION = `
  WITH lost AS MATERIALIZED (
    SELECT generation, greatest((SELECT coalesce(max(seq), 0) FROM messages WHERE seq < $1::bigint), removed_seq) AS last_seq
    FROM inbox_state WHERE id = 1 AND removed_seq < $1::bigint AND NOT EXISTS (SELECT FROM messages WHERE seq = $1::bigint)),
  remembered AS (INSERT INTO former_generations SELECT generation, last_seq FROM lost ON CONFLICT DO NOTHING)
  UPDATE inbox_state SET generation = gen_random_uuid()::text WHERE id = 1 AND EXISTS (SELECT FROM lost)
  RETURNING (SELECT last_seq FROM lost)`;

/** Which messages readers may have seen through this receiver. */
export interface Seen {
  /** Called with each `seq` that a reader gets. */
  saw(seq: number): void;
  /** The highest `seq` that a reader has received. */
  newest(): number;
  /**
   * The transaction to run when the database may have gone back to an earlier state: before anything is written on a new
   * connection, and when its newest message is older than before.
   */
  statements(): readonly Statement[];
  /** Takes the result of `statements`. */
  done(result: PipelineResult): void;
}

/** Calls `lost` with the reason if messages that readers may have seen are missing. */
export function createSeen(lost: (reason: string) => void): Seen {
  let newest = 0;
  return {
    saw(seq) {
      newest = Math.max(newest, seq);
    },
    newest: () => newest,
    statements() {
      const values = [String(newest)];
      return [...LOCK_FIRST, { sql: NEW_GENERATION, values }, { sql: JUMP, values }];
    },
    done({ results }) {
      const last = results.at(-2)?.rows[0]?.[0];
      if (last === undefined) return;
      const found = `it has messages up to seq ${last}, but readers have seen messages up to seq ${newest}`;
      lost(`the database has gone back to an earlier state: ${found}; tails continue after ${last}`);
      newest = 0;
    },
  };
}
