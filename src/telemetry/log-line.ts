import type { DeliveryCounts, FinishedExchange } from "../core/exchange.ts";
import type { FieldError } from "../core/outcome.ts";

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** More fields of a lifecycle line; fields named `ts`, `level` or `msg` are ignored. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

// Characters that JSON allows unescaped, but that terminals or line readers do not treat as text: DEL, C1, Unicode line ends.
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** One lifecycle line with its line feed: `ts`, `level` and `msg`, then the fields, which cannot replace those three. */
export function eventLine(ts: string, level: LogLevel, msg: string, fields: LogFields): string {
  const head = { ts, level, msg };
  return `${escapeUnsafe(JSON.stringify({ ...head, ...fields, ...head }))}\n`;
}

/** The line of one request, with its line feed. Contains no message text, secret or signature, because an exchange has none. */
export function requestLine(ts: string, level: LogLevel, exchange: FinishedExchange): string {
  const { delivery, stream, fault } = exchange;
  let line =
    `{"ts":"${ts}","level":"${level}","request_id":${jsonString(exchange.requestId)},"method":${jsonString(exchange.method)}` +
    `,"path":${jsonString(exchange.path)},"status":${exchange.status},"latency_ms":${roundedMs(exchange.durationMs)}`;
  if (exchange.client !== undefined) line += `,"client":${jsonString(exchange.client)}`;
  if (exchange.traceId !== undefined) line += `,"trace_id":"${exchange.traceId}"`;
  if (delivery !== undefined) {
    if (delivery.messageId !== undefined) line += `,"message_id":${jsonString(delivery.messageId)}`;
    line += `,"dup":${delivery.result === "duplicate"},"result":"${delivery.result}"`;
    if (delivery.counts !== undefined) line += countsOf(delivery.counts);
    if (delivery.warnings !== undefined) line += `,"warnings":${escapeUnsafe(JSON.stringify(delivery.warnings))}`;
    if (delivery.result === "invalid_signature" && delivery.signature !== undefined) line += `,"reason":"${delivery.signature}"`;
    if (delivery.hint !== undefined) line += `,"hint":${jsonString(delivery.hint)}`;
  }
  if (exchange.errors !== undefined) line += `,"errors":${jsonString(exchange.errors.map(wordError).join(", "))}`;
  if (stream !== undefined) line += `,"stream_ms":${roundedMs(stream.durationMs)},"ended":"${stream.ended}"`;
  if (fault !== undefined) line += `,"error":${jsonString(fault)}`;
  return `${line}}\n`;
}

/** The field or parameter (or `body` for the whole body) and its error. */
function wordError({ loc, type }: FieldError): string {
  const [part = "", ...names] = loc;
  return `${names.join(".") || part}:${type}`;
}

/** The counts of formats whose deliveries may have several messages. For a native delivery, only a conflict is not in other fields. */
function countsOf({ format, created, duplicates, conflicts, ignored }: DeliveryCounts): string {
  const conflict = conflicts > 0 ? ',"conflict":true' : "";
  if (format === "native") return conflict;
  const repeats = duplicates + conflicts;
  const counts = `"messages":${created + repeats},"created":${created},"duplicates":${repeats},"ignored":${ignored}`;
  return `${conflict},"format":"${format}",${counts}`;
}

/** Rounds to whole microseconds. */
function roundedMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A string as a JSON literal, with lone surrogates, control characters and every kind of line end escaped. */
export function jsonString(value: string): string {
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index);
    // Outside printable ASCII, or a quote or backslash. Most strings have no such character: for them, this loop is faster than
    // JSON.stringify.
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) return escapeUnsafe(JSON.stringify(value));
  }
  return `"${value}"`;
}

function escapeUnsafe(json: string): string {
  return json.replace(UNSAFE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
