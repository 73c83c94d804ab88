/** Why a request was not served. `http/respond.ts` gives each code its status. */
export type RefusalCode =
  | "bad_request"
  | "invalid_signature"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "beyond_newest"
  | "other_generation"
  | "too_large"
  | "unsupported_encoding"
  | "expectation_failed"
  | "validation_error"
  | "rate_limited"
  | "headers_too_large"
  | "client_gone"
  | "internal_error"
  | "not_implemented"
  | "unavailable";

/** One invalid field: `loc` is its path, e.g. `["body", "from"]`; `type` is a stable code, `msg` is for people. */
export interface FieldError {
  readonly loc: readonly string[];
  readonly msg: string;
  readonly type: string;
}

/** A refusal is a value, not an exception: a flood of bad requests must stay cheap. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string | readonly FieldError[];
  /** Response headers that belong to the refusal, e.g. `Allow` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type Outcome<T, E = Refusal> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** How one delivery to the webhook ended: the `result` of its log line and of `webhook_requests_total`. */
export type WebhookResult =
  | "created"
  | "duplicate"
  | "invalid_signature"
  | "validation_error"
  | "too_large"
  | "rate_limited"
  | "unavailable";

/** The format in which a delivery came: the `format` of its log line and of `webhook_messages_total`. */
export type SenderFormat = "native" | "whatsapp" | "twilio";

/** Why a signature was refused: the `reason` of `webhook_signature_failures_total`. `stale`: valid, but its time is too far off. */
export type SignatureFailure = "missing" | "malformed" | "mismatch" | "stale";

/** The active secret with which a signature was made. */
export type SecretName = "current" | "previous";
