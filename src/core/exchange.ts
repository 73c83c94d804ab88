import type { FieldError, SecretName, SenderFormat, SignatureFailure, WebhookResult } from "./outcome.ts";

/** What a handler of deliveries adds to the exchange, for logs and metrics. */
export interface DeliveryFacts {
  readonly result: WebhookResult;
  /** Set once the id is known, if the delivery holds exactly one message. */
  readonly messageId?: string | undefined;
  /** How the messages of the delivery ended. Set once they are stored. */
  readonly counts?: DeliveryCounts;
  readonly signature?: SecretName | SignatureFailure;
  /** How to make a refused signature valid, for the operator of the sender or of the service. Contains no part of any value. */
  readonly hint?: string;
  /** Receipt minus `ts` in seconds, of each created message. */
  readonly lagSeconds?: readonly number[];
  /** What the operator should look into although the sender got 200. Contains no message content. */
  readonly warnings?: readonly string[] | undefined;
}

/** How many messages of a delivery had which outcome. Together with `ignored` they are everything that it held. */
export interface DeliveryCounts {
  readonly format: SenderFormat;
  readonly created: number;
  /** Repeats that are the same as what is stored. */
  readonly duplicates: number;
  /** Repeats whose content differs from what is stored. */
  readonly conflicts: number;
  /** Acknowledged and not stored. */
  readonly ignored: number;
}

/**
 * Why a streamed response ended: it was complete, the client left, a newer stream displaced it, the service stopped, or a
 * fault occurred.
 */
export type StreamEnd = "complete" | "client" | "displaced" | "stop" | "fault";

export interface FinishedStream {
  /** From the head of the response to its end. */
  readonly durationMs: number;
  readonly ended: StreamEnd;
}

/** One request and its response, once the response has been handed to the socket or the client has gone away. */
export interface FinishedExchange {
  readonly requestId: string;
  /** As in the request line; `-` if the request could not be parsed. */
  readonly method: string;
  /** Without the query; `-` if the request could not be parsed. */
  readonly path: string;
  /** The route's template, e.g. `/messages/{message_id}`; undefined if no route matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** The client's address: the peer's, or the one that trusted proxies report. Undefined if the connection had already gone. */
  readonly client?: string | undefined;
  /** The fields or parameters that a 422 refused, with the type of each error; no content. */
  readonly errors?: readonly FieldError[] | undefined;
  /** The caller's trace (W3C Trace Context): 32 lower-case hex digits. */
  readonly traceId?: string | undefined;
  readonly delivery?: DeliveryFacts | undefined;
  /** Set for a streamed response; in that case `durationMs` ends when the head of the response is sent. */
  readonly stream?: FinishedStream | undefined;
  /** What went wrong, for the log only. */
  readonly fault?: string | undefined;
}

/** The one seam for logs and metrics. */
export interface ExchangeObserver {
  finished(exchange: FinishedExchange): void;
}
