import type { Message } from "../core/message.ts";
import type { FieldError, Outcome } from "../core/outcome.ts";
import { parseTimestamp, type Timestamp } from "../core/timestamp.ts";
import { exceedsCodePoints } from "./code-points.ts";
import type { JsonObject } from "./json-object.ts";

const MESSAGE_ID_LIMIT = 256;
const TEXT_LIMIT = 4096;
/** ITU-T E.164 section 6: at most 15 digits. A leading zero is accepted. */
const PHONE_NUMBER = /^\+[0-9]{1,15}$/;

/** What each field must be, for people. */
const REQUIRED = {
  message_id: `a string of 1 to ${MESSAGE_ID_LIMIT} characters`,
  from: "a string of + and 1 to 15 digits, such as +919876543210",
  to: "a string of + and 1 to 15 digits, such as +14155550100",
  ts: "an RFC 3339 date-time with a zone, such as 2025-01-15T10:00:00Z",
  text: `null or a string of at most ${TEXT_LIMIT} characters`,
};

type FieldName = keyof typeof REQUIRED;

/** Why a body is not a message. */
export interface InvalidMessage {
  /** Every invalid field in the order message_id, from, to, ts, text; or the one error of the whole body. */
  readonly errors: readonly FieldError[];
  /** Set if the id itself is valid. */
  readonly messageId?: string;
}

/**
 * Reads a message in this service's own format. Other fields are ignored, and a missing `text` is null. Lengths are in Unicode
 * code points.
 *
 * Refusals name their field in `loc` and use the error types of pydantic 2, which earlier builds of this service used:
 * - `missing`: a required field is missing
 * - `string_type`: not a string
 * - `string_too_short`, `string_too_long`: outside 1 to 256 (`message_id`) or 0 to 4096 (`text`)
 * - `string_unicode`: a lone surrogate, which UTF-8 cannot encode
 * - `string_pattern_mismatch`: `from` or `to` is not `+` and 1 to 15 ASCII digits
 * - `datetime_parsing`: `ts` is not a date-time that `parseTimestamp` accepts
 *
 * No refusal quotes what was sent.
 */
export function readMessage(fields: JsonObject): Outcome<Message, InvalidMessage> {
  const messageId = readMessageId(fields);
  const from = readPhoneNumber(fields, "from");
  const to = readPhoneNumber(fields, "to");
  const ts = readTimestamp(fields);
  const text = readText(fields);
  if (!isError(messageId) && !isError(from) && !isError(to) && !isError(ts) && !isError(text)) {
    return { ok: true, value: { messageId, from, to, ts: ts.text, tsMs: ts.epochMs, text } };
  }
  const errors = [messageId, from, to, ts, text].filter(isError);
  return { ok: false, error: isError(messageId) ? { errors } : { errors, messageId } };
}

function isError(field: string | null | Timestamp | FieldError): field is FieldError {
  return typeof field === "object" && field !== null && "loc" in field;
}

function readMessageId(fields: JsonObject): string | FieldError {
  const value = own(fields, "message_id");
  if (typeof value !== "string") return notString("message_id", value);
  if (value === "") return refuse("message_id", "string_too_short", "String is empty");
  return checkText("message_id", value, MESSAGE_ID_LIMIT);
}

function readPhoneNumber(fields: JsonObject, name: "from" | "to"): string | FieldError {
  const value = own(fields, name);
  if (typeof value !== "string") return notString(name, value);
  return PHONE_NUMBER.test(value) ? value : refuse(name, "string_pattern_mismatch", "String is not a phone number");
}

function readTimestamp(fields: JsonObject): Timestamp | FieldError {
  const value = own(fields, "ts");
  if (typeof value !== "string") return notString("ts", value);
  return parseTimestamp(value) ?? refuse("ts", "datetime_parsing", "String is not a date-time");
}

function readText(fields: JsonObject): string | null | FieldError {
  const value = own(fields, "text");
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") return notString("text", value);
  return checkText("text", value, TEXT_LIMIT);
}

function checkText(name: FieldName, value: string, limit: number): string | FieldError {
  if (exceedsCodePoints(value, limit)) return refuse(name, "string_too_long", "String is too long");
  if (!value.isWellFormed()) return refuse(name, "string_unicode", "String has an unpaired surrogate");
  return value;
}

/** JSON has no undefined, so undefined means that the object has no such field of its own. */
function own(fields: JsonObject, name: FieldName): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function notString(name: FieldName, value: unknown): FieldError {
  if (value === undefined) return refuse(name, "missing", "Field is missing");
  return refuse(name, "string_type", "Value is not a string");
}

function refuse(name: FieldName, type: string, problem: string): FieldError {
  return { loc: ["body", name], msg: `${problem}: must be ${REQUIRED[name]}`, type };
}
