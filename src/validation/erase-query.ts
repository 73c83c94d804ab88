import type { FieldError, Outcome } from "../core/outcome.ts";
import { createQueryReader } from "./query-reader.ts";

/**
 * Reads whose messages to erase: `from`, exactly one sender. Any other parameter is refused: it may be a filter of `GET
 * /messages`, and ignoring it would erase more than intended.
 *
 * Refusals: `missing` if `from` is missing or empty; `extra_forbidden` for another parameter.
 */
export function parseEraseQuery(rawQuery: string): Outcome<{ readonly from: string }, readonly FieldError[]> {
  const reader = createQueryReader(rawQuery);
  const from = reader.text("from") ?? "";
  if (from === "") reader.refuse("from", "missing", "Parameter is missing: must be the sender whose messages are to be erased");
  for (const name of new Set(new URLSearchParams(`&${rawQuery}`).keys())) {
    if (name === "from") continue;
    reader.refuse(name, "extra_forbidden", "Parameter is not supported: must be absent, since all messages of the sender are erased");
  }
  return reader.errors.length > 0 ? { ok: false, error: reader.errors } : { ok: true, value: { from } };
}
