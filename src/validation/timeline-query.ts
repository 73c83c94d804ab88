import type { FieldError, Outcome } from "../core/outcome.ts";
import type { TimelineQuery } from "../core/queries.ts";
import { readFilter } from "./query.ts";
import { createQueryReader, type IntegerRange, type QueryReader } from "./query-reader.ts";

const LIMIT: IntegerRange = { min: 1, max: 10_000, whenAbsent: 1_000 };

/**
 * Reads the parameters of a timeline from a request's query: `bucket` (`hour` or `day`, default `hour`), `utc_offset` such as
 * `+05:30`, `since`, `until`, `from`, `to` and `q` as in a list, and `limit` 1 to 10,000 (default 1,000). Refusals are those of
 * `QueryReader`, and `string_pattern_mismatch` for `utc_offset`.
 */
export function parseTimelineQuery(rawQuery: string): Outcome<TimelineQuery, readonly FieldError[]> {
  const reader = createQueryReader(rawQuery);
  const bucket = reader.choice("bucket", ["hour", "day"]) ?? "hour";
  const utcOffsetMinutes = readUtcOffset(reader);
  const filter = readFilter(reader);
  const limit = reader.integer("limit", LIMIT);
  if (reader.errors.length > 0) return { ok: false, error: reader.errors };
  return { ok: true, value: { bucket, utcOffsetMinutes, limit, ...filter } };
}

/** The offset in minutes ahead of UTC, written as in an RFC 3339 date-time; 0 if absent. */
function readUtcOffset(reader: QueryReader): number {
  const given = reader.text("utc_offset");
  if (given === undefined) return 0;
  const [, sign, hours, minutes] = /^([+-])([01][0-9]|2[0-3]):([0-5][0-9])$/.exec(given) ?? [];
  if (sign === undefined) {
    reader.refuse("utc_offset", "string_pattern_mismatch", "Value is not an offset from UTC: must be +hh:mm or -hh:mm, such as +05:30");
    return 0;
  }
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
