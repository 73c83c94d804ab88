import type { FieldError, Outcome } from "../core/outcome.ts";
import { readInteger } from "./query.ts";

export interface TailQuery {
  /** The messages behind this `seq`; those that come from now on where absent. */
  readonly after?: number;
}

const AFTER = { min: 0, max: Number.MAX_SAFE_INTEGER, whenAbsent: undefined };

/**
 * Reads where a tail begins: `Last-Event-ID` where it is there and not empty, else the parameter `after`; 0 to 2^53-1 in decimal
 * digits. Of a repeated parameter the last counts; those of other names are ignored.
 *
 * Refusals have the error types of `parseMessageQuery`, and `loc` `["query", "after"]` or `["header", "last-event-id"]`.
 */
export function parseTailQuery(rawQuery: string, lastEventId: string | string[] | undefined): Outcome<TailQuery, readonly FieldError[]> {
  const header = lastEventId === undefined || lastEventId === "" ? undefined : String(lastEventId);
  // The "&" keeps URLSearchParams from dropping a "?" that belongs to the first name.
  const parameters = header === undefined ? new URLSearchParams(`&${rawQuery}`) : new URLSearchParams([["after", header]]);
  const after = readInteger("after", parameters, AFTER);
  if (typeof after !== "object") return { ok: true, value: after === undefined ? {} : { after } };
  return { ok: false, error: [header === undefined ? after : { ...after, loc: ["header", "last-event-id"] }] };
}
