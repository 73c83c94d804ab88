import type { FieldError, Outcome } from "../core/outcome.ts";
import { createQueryReader } from "./query-reader.ts";

export interface TailQuery {
  /** Messages after this `seq`; if absent, those stored from now on. */
  readonly after?: number;
  /** The generation to which the `seq` belongs; the present one if absent. */
  readonly generation?: string;
  /** Whether to include payloads. */
  readonly payload: boolean;
}

const AFTER = { min: 0, max: Number.MAX_SAFE_INTEGER, whenAbsent: 0 };

/**
 * Reads where a tail begins: at `Last-Event-ID` if it is present and not empty, otherwise at the parameters `after` and
 * `generation`. `after` is 0 to 2^53-1 in decimal digits; an event id may have the generation and a dot before it. `payload=1`
 * adds payloads. Other parameters are ignored.
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

/** An event id is `<generation>.<seq>`, or only the `seq`. */
function splitEventId(id: string): { readonly generation?: string; readonly after: string } {
  const dot = id.lastIndexOf(".");
  return dot === -1 ? { after: id } : { generation: id.slice(0, dot), after: id.slice(dot + 1) };
}
