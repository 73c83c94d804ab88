import { InDoubt, StoreUnavailable } from "../../core/store.ts";
import type { PipelineResult } from "../../postgres/flights.ts";
import type { Pool } from "../../postgres/pool.ts";
import type { Statement } from "../../postgres/frontend.ts";
import { meaningOf } from "./failures.ts";
import { isCancelledWait } from "./replication.ts";

/**
 * Runs a transaction that is not a batch. Tries once more if none of it is stored and a second try, or another server, may
 * succeed.
 */
export async function change(pool: Pool, statements: readonly Statement[], deadlineMs: number): Promise<PipelineResult> {
  const once = (): Promise<PipelineResult> => pool.run(statements, { deadlineMs });
  try {
    const result = await once().catch((error: unknown) => {
      const meaning = meaningOf(error);
      return meaning === "again" || meaning === "elsewhere" ? once() : Promise.reject(error);
    });
    if (result.notices.some(isCancelledWait)) throw new InDoubt("the server's wait for a standby was cancelled");
    return result;
  } catch (error) {
    if (error instanceof InDoubt) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw meaningOf(error) === "in_doubt" ? new InDoubt(reason, { cause: error }) : new StoreUnavailable(reason, { cause: error });
  }
}
