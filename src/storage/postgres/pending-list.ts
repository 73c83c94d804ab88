import type { Statement } from "../../postgres/frontend.ts";

/** A number that this service's cleaners alone lock by. */
const CLEANING_LOCK = 7_310_579_801_334_207n;

/**
 * Sorts what batches have left on the pending list of the search index into it, unless another receiver does, so that no batch has to
 * (https://www.postgresql.org/docs/current/gin.html#GIN-FAST-UPDATE). Needs the index's owner.
 */
export const CLEAN_PENDING_LIST: Statement = {
  sql: `SELECT gin_clean_pending_list('messages_search') WHERE pg_try_advisory_xact_lock(${CLEANING_LOCK})`,
};
