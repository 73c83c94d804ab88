import type { FieldError } from "../core/outcome.ts";
import { parseTimestamp } from "../core/timestamp.ts";

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
  readonly whenAbsent: number;
}

/**
 * Reads parameters from a request's query, the text after `?`, which may be empty.
 *
 * A literal `+` stands for itself, so that `from=+919876543210` works as typed; only in `formText` is it a space, as in the
 * form encoding of the URL standard. `%2B` is always `+`. Malformed escapes stand for themselves. If a parameter is repeated,
 * the last value wins.
 *
 * Refusals are gathered in `errors`, with `loc` `["query", name]`, in the order of the reads; a refused read returns a
 * fallback.
 */
export interface QueryReader {
  readonly errors: readonly FieldError[];
  text(name: string): string | undefined;
  formText(name: string): string | undefined;
  /** Decimal digits. Refusals: `int_parsing`, `greater_than_equal`, `less_than_equal`. */
  integer(name: string, range: IntegerRange): number;
  /** What `parseTimestamp` accepts, normalized. Refusal: `datetime_parsing`. */
  timestamp(name: string): string | undefined;
  /** One of a few values. Refusal: `enum`. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined;
  /** Adds a refusal that only the caller can determine. */
  refuse(name: string, type: string, msg: string): void;
}

/** Creates a reader of a query's parameters. The error types are those of pydantic 2. */
export function createQueryReader(rawQuery: string): QueryReader {
  // The "&" keeps URLSearchParams from dropping a "?" that belongs to the first name.
  const form = new URLSearchParams(`&${rawQuery}`);
  const literal = new URLSearchParams(`&${rawQuery.replaceAll("+", "%2B")}`);
  const errors: FieldError[] = [];

  function refuse(name: string, type: string, msg: string): void {
    errors.push({ loc: ["query", name], msg, type });
  }

  function text(name: string): string | undefined {
    return literal.getAll(name).at(-1);
  }

  return {
    errors,
    text,
    formText: (name) => form.getAll(name).at(-1),
    integer(name, { min, max, whenAbsent }) {
      const given = text(name);
      if (given === undefined) return whenAbsent;
      const required = `must be a whole number from ${min} to ${max} in decimal digits`;
      const value = Number(given);
      if (/^-[0-9]+$/.test(given)) refuse(name, "greater_than_equal", `Number is negative: ${required}`);
      else if (!/^[0-9]+$/.test(given)) refuse(name, "int_parsing", `Value is not a whole number: ${required}`);
      else if (value < min) refuse(name, "greater_than_equal", `Number is too small: ${required}`);
      else if (value > max) refuse(name, "less_than_equal", `Number is too large: ${required}`);
      else return value;
      return whenAbsent;
    },
    timestamp(name) {
      const given = text(name);
      if (given === undefined) return undefined;
      const timestamp = parseTimestamp(given);
      if (timestamp === undefined) {
        const rule = "must be an RFC 3339 date-time with a zone, such as 2025-01-15T10:00:00Z";
        refuse(name, "datetime_parsing", `Value is not a date-time: ${rule}`);
      }
      return timestamp?.text;
    },
    choice(name, choices) {
      const given = text(name);
      if (given === undefined) return undefined;
      const found = choices.find((one) => one === given);
      if (found === undefined) refuse(name, "enum", `Value is not allowed: must be ${alternatives(choices)}`);
      return found;
    },
    refuse,
  };
}

/** `a or b`; `a, b or c`. */
function alternatives(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}
