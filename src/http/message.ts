import type { IncomingHttpHeaders } from "node:http";
import type { Access, Operation } from "../api/operation.ts";
import type { DeliveryFacts } from "../core/exchange.ts";
import type { FieldError, Outcome } from "../core/outcome.ts";
import type { Encodings } from "./encodings.ts";

/** The input of a handler. */
export interface Request {
  /** Path and query as in the request line. */
  readonly target: string;
  /** The text after `?`, still encoded; empty if there is none. */
  readonly query: string;
  /** The value of the route's `{parameter}`, decoded; empty if the route has none. */
  readonly parameter: string;
  readonly headers: IncomingHttpHeaders;
  /** The address of the peer, or the one that trusted proxies report. */
  clientAddress(): string;
  /**
   * Aborted once the client has gone. Watching begins with the first call. Not a getter: V8 would create a hidden class for each
   * request object, since each would have its own getter, which cost ingest a fifth of its CPU time.
   */
  readonly signal: () => AbortSignal;
  /** When the request's head was complete, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /** Settles once earlier erasures on the connection are done. The request may store nothing until then. Undefined if there are none. */
  readonly erasure?: Promise<unknown> | undefined;
  /**
   * Reads the body once; refuses with `too_large`, `unsupported_encoding`, or, if it never completes, `bad_request` or
   * `request_timeout`.
   */
  readBody(): Promise<Outcome<Uint8Array>>;
}

/** A body that is written chunk by chunk, as fast as the client reads it. */
export interface Stream {
  /** Ends soon after the signal is aborted: the client has gone, or the service stops. */
  readonly chunks: (signal: AbortSignal) => AsyncIterable<string>;
  /** Whether the stream is endless, so that it may be ended after any chunk. Any other stream that ends early counts as cut off. */
  readonly live: boolean;
}

/** The output of a handler. */
export interface Response {
  readonly status: number;
  /** Empty if there is a stream. */
  readonly body: string;
  readonly stream?: Stream;
  /** The body compressed, for clients that accept that. */
  readonly encodings?: Encodings;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether to close the connection without a response, since it is unknown whether 200 or this status would be true. */
  readonly inDoubt?: boolean;
  /** `application/json` if absent. */
  readonly contentType?: string | undefined;
  /** `no-store` if absent. */
  readonly cacheControl?: string;
  /** The errors of a 422, for the log. */
  readonly errors?: readonly FieldError[];
  /** For the log and the metrics of deliveries. */
  readonly delivery?: DeliveryFacts;
}

export type Handler = (request: Request) => Response | Promise<Response>;

/** What the router and the exchange need of an operation, with its handler. */
export interface Route extends Pick<Operation, "method" | "path" | "takesDeliveries"> {
  readonly access: Access;
  readonly handle: Handler;
}
