import type { Header, Parameter, Reference } from "./openapi.ts";

export type HeaderName =
  | "X-Request-ID"
  | "X-Content-Type-Options"
  | "Cache-Control"
  | "Retry-After"
  | "RateLimit-Policy"
  | "RateLimit"
  | "WWW-Authenticate"
  | "Accept-Encoding";

/** The response headers that several operations share. */
export const HEADERS: Readonly<Record<HeaderName, Header>> = {
  "X-Request-ID": {
    description: "The request's `X-Request-ID` if that is well-formed, otherwise a new UUID. The log line of the request has it too.",
    required: true,
    schema: { type: "string", pattern: "^[A-Za-z0-9._-]{1,128}$" },
    examples: { uuid: { value: "78663c21-70c1-4268-8c66-18085636f038" } },
  },
  "X-Content-Type-Options": {
    description: "The content type must not be guessed from the content.",
    required: true,
    schema: { type: "string", const: "nosniff" },
  },
  "Cache-Control": { description: "Caches must not store the response.", required: true, schema: { type: "string", const: "no-store" } },
  "Retry-After": {
    description: "The number of seconds after which to try again (RFC 9110, section 10.2.3).",
    required: true,
    schema: { type: "integer", minimum: 1, maximum: 60 },
    examples: { second: { value: 1 } },
  },
  "RateLimit-Policy": {
    description: "If `WEBHOOK_RATE_LIMIT` is set: the quota `q` and its window `w` in seconds (draft-ietf-httpapi-ratelimit-headers).",
    required: false,
    schema: { type: "string", pattern: '^"default";q=[0-9]+;w=60$' },
    examples: { policy: { value: '"default";q=600;w=60' } },
  },
  RateLimit: {
    description: "If `WEBHOOK_RATE_LIMIT` is set: this address has `r` requests left, and gets one more in `t` seconds.",
    required: false,
    schema: { type: "string", pattern: '^"default";r=[0-9]+;t=[0-9]+$' },
    examples: { left: { value: '"default";r=599;t=1' } },
  },
  "WWW-Authenticate": {
    description: "How to authenticate: `Authorization: Bearer` and the token (RFC 6750).",
    required: true,
    schema: { type: "string", const: "Bearer" },
  },
  "Accept-Encoding": {
    description: "The content codings that a body may have: none (RFC 9110, section 12.5.3).",
    required: true,
    schema: { type: "string", const: "identity" },
  },
};

/** References to shared headers, by name. */
export function headers(...names: readonly HeaderName[]): Readonly<Record<string, Reference>> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** The headers of every response with a body. */
export const WITH_BODY: Readonly<Record<string, Reference>> = headers("X-Request-ID", "X-Content-Type-Options", "Cache-Control");

type SharedParameter = "RequestId" | "Traceparent";

/** The request headers that every endpoint accepts. */
export const PARAMETERS: Readonly<Record<SharedParameter, Parameter>> = {
  RequestId: {
    name: "X-Request-ID",
    in: "header",
    required: false,
    description:
      "An id for the request, returned in the response and logged: 1 to 128 of `A-Z a-z 0-9 . _ -`. Any other value is ignored.",
    schema: { type: "string" },
    examples: { order: { value: "order-7.attempt-2" } },
  },
  Traceparent: {
    name: "traceparent",
    in: "header",
    required: false,
    description: "The caller's trace (W3C Trace Context); the log line has its `trace_id`. A malformed value is ignored.",
    schema: { type: "string" },
    examples: { trace: { value: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } },
  },
};

export const VARY: Readonly<Record<string, Header>> = {
  Vary: {
    description: "A cache must store one response per content coding.",
    required: true,
    schema: { type: "string", const: "Accept-Encoding" },
  },
};

/** The headers of a body that is the same for everyone, and that is sent compressed to clients that accept it. */
export const COMPRESSED: Readonly<Record<string, Header>> = {
  ...VARY,
  "Content-Encoding": {
    description: "Present if the body is compressed, as `Accept-Encoding` allows.",
    required: false,
    schema: { type: "string", enum: ["br", "gzip"] },
  },
};
