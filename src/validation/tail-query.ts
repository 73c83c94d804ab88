import type { FieldError, Outcome } from "../core/outcome.ts";
import { createQueryReader } from "./query-reader.ts";

export interface TailQuery {
  /** The messages behind this `seq`; those that come from now on where absent. */
  readonly after?: number;
  /** With the payload of each message. */
  readonly payload: boolean;
}

const AFTER = { min: 0, max: Number.MAX_SAFE_INTEGER, whenAbsent: 0 };

/**
 * Reads where a tail begins: `Last-Event-ID` where it is there and not empty, else the parameter `after`; 0 to 2^53-1 in decimal
 * digits. `payload=1` adds what platforms sent. Parameters of other names are ignored.
 *
 * Refusals are those of `QueryReader`, with `loc` `["query", "after"]` or `["header", "last-event-id"]`.
 */
export function parseTailQuery(rawQuery: string, lastEventId: string | string[] | undefined): Outcome<TailQuery, readonly FieldError[]> {
  const header = lastEventId === undefined || lastEventId === "" ? undefined : String(lastEventId);
  const reader = createQueryReader(header === undefined ? rawQuery : `after=${encodeURIComponent(header)}`);
  const after = reader.integer("after", AFTER);
  const options = createQueryReader(rawQuery);
  const payload = options.choice("payload", ["0", "1"]) === "1";
  const errors = reader.errors.map((error) => (header === undefined ? error : { ...error, loc: ["header", "last-event-id"] }));
  if (errors.length > 0 || options.errors.length > 0) return { ok: false, error: [...errors, ...options.errors] };
  return { ok: true, value: reader.text("after") === undefined ? { payload } : { after, payload } };
}
