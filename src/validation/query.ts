import type { MessageQuery } from "../core/message.ts";
import type { FieldError, Outcome } from "../core/outcome.ts";
import { parseTimestamp } from "../core/timestamp.ts";

export interface Range<Absent extends number | undefined> {
  readonly min: number;
  readonly max: number;
  readonly whenAbsent: Absent;
}

const LIMIT: Range<number> = { min: 1, max: 100, whenAbsent: 50 };
const OFFSET: Range<number> = { min: 0, max: Number.MAX_SAFE_INTEGER, whenAbsent: 0 };

/**
 * Reads the filters and the page of a list from what stands after the `?` of a request, which may be empty.
 *
 * - `limit` 1 to 100 (50 where absent) and `offset` 0 to 2^53-1 (0), in decimal digits
 * - `from`: any string; the empty one is a sender too, one that nobody has
 * - `since`: what `parseTimestamp` accepts, normalized
 * - `q`: empty means absent
 *
 * A literal `+` is a space in `q`, as the form encoding of the URL standard has it, and stands for itself elsewhere, so
 * that `from=+919876543210` works as typed; `%2B` is `+` everywhere. Malformed escapes stand for themselves. Of a
 * repeated parameter the last counts; those of other names are ignored.
 *
 * Refusals list every bad parameter, `loc` `["query", name]`, in the order limit, offset, since, with the error types
 * of pydantic 2: `int_parsing`, `greater_than_equal`, `less_than_equal`, `datetime_parsing`.
 */
export function parseMessageQuery(rawQuery: string): Outcome<MessageQuery, readonly FieldError[]> {
  // The "&" keeps URLSearchParams from dropping a "?" that belongs to the first name.
  const form = new URLSearchParams(`&${rawQuery}`);
  const literal = new URLSearchParams(`&${rawQuery.replaceAll("+", "%2B")}`);
  const limit = readInteger("limit", literal, LIMIT);
  const offset = readInteger("offset", literal, OFFSET);
  const from = last(literal, "from");
  const since = readSince(last(literal, "since"));
  const q = last(form, "q");
  if (typeof limit === "number" && typeof offset === "number" && typeof since !== "object") {
    const value: MessageQuery = {
      limit,
      offset,
      ...(from !== undefined && { from }),
      ...(since !== undefined && { since }),
      ...(q !== undefined && q !== "" && { q }),
    };
    return { ok: true, value };
  }
  return { ok: false, error: [limit, offset, since].filter((parameter) => typeof parameter === "object") };
}

function last(parameters: URLSearchParams, name: string): string | undefined {
  return parameters.getAll(name).at(-1);
}

export function readInteger<Absent extends number | undefined>(
  name: string,
  parameters: URLSearchParams,
  range: Range<Absent>,
): number | Absent | FieldError {
  const text = last(parameters, name);
  if (text === undefined) return range.whenAbsent;
  const required = `must be a whole number from ${range.min} to ${range.max} in decimal digits`;
  if (/^-[0-9]+$/.test(text)) return refuse(name, "greater_than_equal", `Number is negative: ${required}`);
  if (!/^[0-9]+$/.test(text)) return refuse(name, "int_parsing", `Value is not a whole number: ${required}`);
  const value = Number(text);
  if (value < range.min) return refuse(name, "greater_than_equal", `Number is too small: ${required}`);
  if (value > range.max) return refuse(name, "less_than_equal", `Number is too large: ${required}`);
  return value;
}

function readSince(text: string | undefined): string | undefined | FieldError {
  if (text === undefined) return undefined;
  return (
    parseTimestamp(text)?.text ??
    refuse(
      "since",
      "datetime_parsing",
      "Value is not a date-time: must be an RFC 3339 date-time with a zone, such as 2025-01-15T10:00:00Z",
    )
  );
}

function refuse(name: string, type: string, msg: string): FieldError {
  return { loc: ["query", name], msg, type };
}
