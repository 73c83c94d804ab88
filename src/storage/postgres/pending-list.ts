import type { Statement } from "../../postgres/frontend.ts";

/** The advisory lock that only this service's cleaners take. */
const CLEANING_LOCK = 7_310_579_801_334_207n;

/**
 * Merges the pending list of the search index into the index, unless another receiver is doing so: otherwise a batch would have to
 * (https://www.postgresql.org/docs/current/gin.html#GIN-FAST-UPDATE). Only the owner of the index may run this.
 */
export const CLEAN_PENDING_LIST: Statement = {
  sql: `SELECT gin_clean_pending_list('messages_search') WHERE pg_try_advisory_xact_lock(${CLEANING_LOCK})`,
};
