import { isUtf8 } from "node:buffer";
import type { FieldError, Outcome } from "../core/outcome.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Drops a leading byte order mark, which RFC 8259 section 8.1 permits. */
const UTF_8 = new TextDecoder("utf-8");

/**
 * Parses a request body as one JSON object (RFC 8259). If a name is repeated, the last value wins.
 *
 * Refusals, all with `loc` `["body"]`: `string_unicode` for bytes that are not UTF-8, `json_invalid` for a text that is not
 * JSON (including the empty text), `dict_type` for JSON that is not an object.
 */
export function parseJsonObject(body: Uint8Array): Outcome<JsonObject, FieldError> {
  if (!isUtf8(body)) return refuse("string_unicode", "Body is not UTF-8: must be a JSON object in UTF-8");
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  if (!isJsonObject(parsed.value)) return refuse("dict_type", "Body is JSON but not an object: must be a JSON object");
  return { ok: true, value: parsed.value };
}

function parseJson(body: Uint8Array): Outcome<unknown, FieldError> {
  try {
    return { ok: true, value: JSON.parse(UTF_8.decode(body)) };
  } catch {
    // The parser's own message quotes the text, which no response or log may contain.
    return refuse("json_invalid", "Body is not JSON: must be a JSON object");
  }
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(type: string, msg: string): { readonly ok: false; readonly error: FieldError } {
  return { ok: false, error: { loc: ["body"], msg, type } };
}
