import type { FieldError, Outcome } from "../core/outcome.ts";
import type { TimelineQuery } from "../core/queries.ts";
import { readFilter } from "./query.ts";
import { createQueryReader, type IntegerRange } from "./query-reader.ts";

const LIMIT: IntegerRange = { min: 1, max: 10_000, whenAbsent: 1_000 };

/**
 * Reads what a timeline is to show from what stands after the `?` of a request: `bucket` (`hour` or `day`, `hour` where
 * absent), `since`, `until`, `from`, `to` and `q` as in a list, and `limit` 1 to 10,000 (1,000). Refusals are those of `QueryReader`.
 */
export function parseTimelineQuery(rawQuery: string): Outcome<TimelineQuery, readonly FieldError[]> {
  const reader = createQueryReader(rawQuery);
  const bucket = reader.choice("bucket", ["hour", "day"]) ?? "hour";
  const filter = readFilter(reader);
  const limit = reader.integer("limit", LIMIT);
  if (reader.errors.length > 0) return { ok: false, error: reader.errors };
  return { ok: true, value: { bucket, limit, ...filter } };
}
