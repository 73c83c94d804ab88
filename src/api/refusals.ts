import type { FieldError, Refusal } from "../core/outcome.ts";

/** A refusal whose `detail` is text. */
export interface TextRefusal extends Refusal {
  readonly detail: string;
}

const RETRY: Readonly<Record<string, string>> = { "Retry-After": "1" };

export type RefusalName =
  | "malformed" | "wrongVersion" | "oneHost" | "noHost" | "codingInOldVersion" | "chunkedOnce" | "chunkedLast" | "unknownMethod"
  | "unknownCoding" | "late" | "largeHeaders" | "largeExtensions" | "unknownExpectation" | "unauthorized" | "notErasable" | "notFound"
  | "encodedBody" | "invalidSignature" | "twilioUnset" | "subscriptionsUnset" | "wrongVerifyToken" | "notStored" | "databaseSilent"
  | "largeBodies" | "bufferedResponses" | "pipelined" | "stopping" | "clientGone" | "defect";

/** Every refusal with fixed words. The service sends them, and the document's examples are made from them. */
export const REFUSALS: Readonly<Record<RefusalName, TextRefusal>> = {
  malformed: { code: "bad_request", detail: "the request must be well-formed HTTP/1.1" },
  wrongVersion: { code: "bad_request", detail: "the HTTP version must be 1.0 or 1.1" },
  oneHost: { code: "bad_request", detail: "the request must have exactly one Host header" },
  noHost: { code: "bad_request", detail: "the Host header must be a host name or an IP address, optionally with a port" },
  codingInOldVersion: { code: "bad_request", detail: "an HTTP/1.0 request must not have a Transfer-Encoding header" },
  chunkedOnce: { code: "bad_request", detail: "the Transfer-Encoding header must name chunked only once" },
  chunkedLast: { code: "bad_request", detail: "the last coding in the Transfer-Encoding header must be chunked" },
  unknownMethod: { code: "bad_request", detail: "the request method must be a known HTTP method" },
  unknownCoding: { code: "not_implemented", detail: "the only supported transfer coding is chunked" },
  late: { code: "request_timeout", detail: "the request did not arrive completely in time" },
  largeHeaders: { code: "headers_too_large", detail: "the headers must be at most 16384 bytes in total, and at most 1000 in number" },
  largeExtensions: { code: "too_large", detail: "the chunk extensions must be at most 16384 bytes" },
  unknownExpectation: { code: "expectation_failed", detail: "the only supported expectation is 100-continue" },
  unauthorized: {
    code: "unauthorized",
    detail: "the Authorization header must be Bearer followed by a valid token",
    headers: { "WWW-Authenticate": "Bearer" },
  },
  notErasable: { code: "forbidden", detail: "messages can be erased only if API_TOKEN is set" },
  notFound: { code: "not_found", detail: "not found" },
  encodedBody: {
    code: "unsupported_encoding",
    detail: "the body must be sent without a Content-Encoding",
    headers: { "Accept-Encoding": "identity" },
  },
  invalidSignature: { code: "invalid_signature", detail: "invalid signature" },
  twilioUnset: { code: "forbidden", detail: "Twilio is not configured: TWILIO_AUTH_TOKEN and PUBLIC_URL must be set" },
  subscriptionsUnset: { code: "forbidden", detail: "subscriptions are not configured: WEBHOOK_VERIFY_TOKEN must be set" },
  wrongVerifyToken: { code: "forbidden", detail: "hub.verify_token must equal WEBHOOK_VERIFY_TOKEN" },
  notStored: { code: "unavailable", detail: "the message could not be stored, send it again later", headers: RETRY },
  databaseSilent: { code: "unavailable", detail: "the database is unavailable, try again later", headers: RETRY },
  largeBodies: { code: "unavailable", detail: "too many large bodies are arriving at once, send the request again later", headers: RETRY },
  bufferedResponses: { code: "unavailable", detail: "too many responses are waiting for clients, try again later", headers: RETRY },
  pipelined: { code: "unavailable", detail: "too many requests at once on this connection, send them again later", headers: RETRY },
  stopping: { code: "unavailable", detail: "the service is stopping, try again later", headers: RETRY },
  clientGone: { code: "client_gone", detail: "the client has closed the connection" },
  defect: { code: "internal_error", detail: "internal error" },
};

/** A body of more than `limitBytes`. */
export function largeBody(limitBytes: number): TextRefusal {
  return { code: "too_large", detail: `the body must be at most ${limitBytes} bytes` };
}

/** More requests from one address than the rate limit allows. */
export function tooManyRequests(retryAfterSeconds: number): TextRefusal {
  return {
    code: "rate_limited",
    detail: `too many requests, send again after ${retryAfterSeconds} s`,
    headers: { "Retry-After": String(retryAfterSeconds) },
  };
}

/** The maximum number of tails is open, and none of them may be replaced yet. */
export function tooManyTails(most: number): TextRefusal {
  return { code: "unavailable", detail: `${most} tails are already open, try again later`, headers: RETRY };
}

/** A position in commit order, as the headers of a tail give it. */
export interface SeqPosition {
  readonly after: number;
  /** The present generation of the store. */
  readonly generation: string;
}

/** The headers with the position at which a tail begins, or can begin. */
export function positionHeaders({ after, generation }: SeqPosition): Readonly<Record<"Tail-After" | "Tail-Generation", string>> {
  return { "Tail-After": String(after), "Tail-Generation": generation };
}

/** A tail after a `seq` above that of the newest message: the store has gone back, as after a restore. */
export function beyondNewest(newest: number, generation: string): TextRefusal {
  const detail = `after must be at most ${newest}, the seq of the newest message`;
  return { code: "beyond_newest", detail, headers: positionHeaders({ after: newest, generation }) };
}

/**
 * A tail from a position in another generation of the store, which has gone back since.
 *
 * @param lastCommon - the last `seq` that both generations share; 0 if the other one is unknown.
 * @param position - a tail from there misses nothing.
 */
export function otherGeneration(lastCommon: number, position: SeqPosition): TextRefusal {
  const detail = `generation must be ${position.generation}, which has the same messages as the given one up to seq ${lastCommon}`;
  return { code: "other_generation", detail, headers: positionHeaders(position) };
}

/** The maximum number of exports is in progress. */
export function tooManyExports(most: number): TextRefusal {
  return { code: "unavailable", detail: `${most} exports are already in progress, try again later`, headers: RETRY };
}

/** An unknown path that is close to a route. */
export function notFoundNear(path: string): TextRefusal {
  return { ...REFUSALS.notFound, detail: `${REFUSALS.notFound.detail}: the nearest path is ${path}` };
}

/**
 * A method that the path does not support.
 *
 * @param allow - the methods that the path supports, as in `Allow`.
 */
export function methodNotAllowed(allow: string): TextRefusal {
  return { code: "method_not_allowed", detail: `method not allowed: use ${allow}`, headers: { Allow: allow } };
}

/**
 * A path segment whose percent-encoding is malformed.
 *
 * @param parameter - the name of the segment in the path's template.
 */
export function malformedPath(parameter: string): Refusal & { readonly detail: readonly FieldError[] } {
  const msg = "Value is not percent-encoded UTF-8: must be encoded, such as order%2F7 for order/7";
  return { code: "validation_error", detail: [{ loc: ["path", parameter], msg, type: "percent_encoding" }] };
}
