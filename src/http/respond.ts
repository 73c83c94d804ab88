import type { ServerResponse } from "node:http";
import { JSON_TYPE } from "../api/media-types.ts";
import type { StoredMessage } from "../core/message.ts";
import type { Refusal, RefusalCode } from "../core/outcome.ts";
import { preferredEncoding } from "./encodings.ts";
import type { Response } from "./message.ts";

/** The status of every refusal (RFC 9110, section 15; RFC 6585 for 429 and 431). */
export const STATUS: Readonly<Record<RefusalCode, number>> = {
  bad_request: 400,
  unauthorized: 401,
  invalid_signature: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  beyond_newest: 409,
  other_generation: 409,
  too_large: 413,
  unsupported_encoding: 415,
  expectation_failed: 417,
  validation_error: 422,
  rate_limited: 429,
  headers_too_large: 431,
  // No standard defines a status for this, since no client gets it. Logs and metrics use the one that nginx uses.
  client_gone: 499,
  internal_error: 500,
  not_implemented: 501,
  unavailable: 503,
};

/** The body of every error. */
export function errorBody(refusal: Refusal): string {
  return JSON.stringify({ detail: refusal.detail });
}

/** The response to a refusal, with the status of its code. */
export function refuse(refusal: Refusal): Response {
  const { code, detail, headers } = refusal;
  return { status: STATUS[code], body: errorBody(refusal), headers, ...(typeof detail === "object" && { errors: detail }) };
}

// Line readers in Python, Ruby, Java and JavaScript treat these as line ends.
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** One line of NDJSON. Characters that some readers treat as a line end are escaped. */
export function jsonLine(value: unknown): string {
  return toLine(JSON.stringify(value));
}

/** The line of a message that was read with its payload, which is already JSON, or null. */
export function messageLine({ payload, ...message }: StoredMessage): string {
  if (payload === undefined) return jsonLine(message);
  return toLine(`${JSON.stringify(message).slice(0, -1)},"payload":${payload ?? "null"}}`);
}

function toLine(json: string): string {
  return `${json.replace(LINE_ENDS, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** A response with this value as JSON and status 200. */
export function json(value: unknown): Response {
  return { status: 200, body: JSON.stringify(value) };
}

/**
 * The only writer to `ServerResponse`, apart from a stream's chunks, which follow the head. For HEAD, Node leaves out the body
 * and keeps its length.
 */
export function respond(res: ServerResponse, response: Response, options: { readonly requestId: string; readonly close: boolean }): void {
  const headers = ["X-Request-ID", options.requestId];
  const { encodings } = response;
  const coding = encodings === undefined ? undefined : preferredEncoding(String(res.req.headers["accept-encoding"] ?? ""));
  const body = encodings === undefined || coding === undefined ? response.body : encodings[coding];
  if (response.status !== 204 && response.status !== 304) {
    headers.push("Content-Type", response.contentType ?? JSON_TYPE);
    if (response.stream === undefined) headers.push("Content-Length", String(Buffer.byteLength(body)));
    if (encodings !== undefined) headers.push("Vary", "Accept-Encoding");
    if (coding !== undefined) headers.push("Content-Encoding", coding);
    headers.push("X-Content-Type-Options", "nosniff", "Cache-Control", response.cacheControl ?? "no-store");
  }
  if (response.headers !== undefined) {
    for (const name of Object.keys(response.headers)) headers.push(name, response.headers[name] ?? "");
  }
  if (options.close) headers.push("Connection", "close");
  res.writeHead(response.status, headers);
  if (response.stream === undefined || res.req.method === "HEAD") res.end(body);
  // Not only with the first chunk, which may come much later.
  else res.flushHeaders();
}
