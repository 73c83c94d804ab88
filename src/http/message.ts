import type { IncomingHttpHeaders } from "node:http";
import type { Access, Operation } from "../api/operation.ts";
import type { DeliveryFacts } from "../core/exchange.ts";
import type { FieldError, Outcome } from "../core/outcome.ts";
import type { Encodings } from "./encodings.ts";

/** What a handler is given. */
export interface Request {
  /** Path and query as the request line has them. */
  readonly target: string;
  /** What stands behind `?`, still encoded; empty where there is nothing. */
  readonly query: string;
  /** The value of the route's `{parameter}`, decoded; empty where the route has none. */
  readonly parameter: string;
  readonly headers: IncomingHttpHeaders;
  /** The peer's address, or what trusted proxies say it is. */
  clientAddress(): string;
  /**
   * Aborted once the client has gone. Watching begins with the first call. No getter: V8 makes a shape for each object with a getter of
   * its own, which cost ingest a fifth of its processor time.
   */
  readonly signal: () => AbortSignal;
  /** When the request's head had arrived, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /**
   * Reads the body once; refuses with `too_large`, `unsupported_encoding`, or, if it never completes, `bad_request` or
   * `request_timeout`.
   */
  readBody(): Promise<Outcome<Uint8Array>>;
}

/** A body that is written chunk by chunk, each when the client has taken those before it. */
export interface Stream {
  /** Ends soon after the signal is aborted: the client has gone, or the service stops. */
  readonly chunks: (signal: AbortSignal) => AsyncIterable<string>;
  /** It has no end of its own, and may end behind any chunk; another one is cut off where it is ended early. */
  readonly live: boolean;
}

/** What a handler returns. */
export interface Response {
  readonly status: number;
  /** Empty where there is a stream. */
  readonly body: string;
  readonly stream?: Stream;
  /** The body compressed, for clients that take it so. */
  readonly encodings?: Encodings;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The connection is closed without an answer, since neither 200 nor this status would be known to be true. */
  readonly inDoubt?: boolean;
  /** `application/json` where absent. */
  readonly contentType?: string | undefined;
  /** `no-store` where absent. */
  readonly cacheControl?: string;
  /** Of a 422, for the log. */
  readonly errors?: readonly FieldError[];
  /** For the log and the metrics of the webhook. */
  readonly delivery?: DeliveryFacts;
}

export type Handler = (request: Request) => Response | Promise<Response>;

/** An operation, as far as the router and the exchange need it, with what serves it. */
export interface Route extends Pick<Operation, "method" | "path" | "takesDeliveries"> {
  readonly access: Access;
  readonly handle: Handler;
}
