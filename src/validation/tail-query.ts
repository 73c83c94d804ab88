import type { FieldError, Outcome } from "../core/outcome.ts";
import { createQueryReader } from "./query-reader.ts";

export interface TailQuery {
  /** The messages behind this `seq`; those that come from now on where absent. */
  readonly after?: number;
  /** The generation of the store whose `seq` it is; the present one where absent. */
  readonly generation?: string;
  /** With the payload of each message. */
  readonly payload: boolean;
}

const AFTER = { min: 0, max: Number.MAX_SAFE_INTEGER, whenAbsent: 0 };

/**
 * Reads where a tail begins: `Last-Event-ID` where it is there and not empty, else the parameters `after` and `generation`. `after` is
 * 0 to 2^53-1 in decimal digits; an event id is the same, with the generation and a dot before it or not. `payload=1` adds what
 * platforms sent. Parameters of other names are ignored.
 *
 * Refusals are those of `QueryReader`, with `loc` `["query", "after"]` or `["header", "last-event-id"]`.
 */
export function parseTailQuery(rawQuery: string, lastEventId: string | string[] | undefined): Outcome<TailQuery, readonly FieldError[]> {
  const options = createQueryReader(rawQuery);
  const payload = options.choice("payload", ["0", "1"]) === "1";
  const header = lastEventId === undefined || lastEventId === "" ? undefined : splitEventId(String(lastEventId));
  const reader = createQueryReader(header === undefined ? rawQuery : `after=${encodeURIComponent(header.after)}`);
  const after = reader.integer("after", AFTER);
  const errors = reader.errors.map((error) => (header === undefined ? error : { ...error, loc: ["header", "last-event-id"] }));
  if (errors.length > 0 || options.errors.length > 0) return { ok: false, error: [...errors, ...options.errors] };
  if (reader.text("after") === undefined) return { ok: true, value: { payload } };
  const generation = header === undefined ? options.text("generation") : header.generation;
  return { ok: true, value: { after, payload, ...(generation !== undefined && generation !== "" && { generation }) } };
}

/** An event id is `<generation>.<seq>`, or the `seq` alone. */
function splitEventId(id: string): { readonly generation?: string; readonly after: string } {
  const dot = id.lastIndexOf(".");
  return dot === -1 ? { after: id } : { generation: id.slice(0, dot), after: id.slice(dot + 1) };
}
