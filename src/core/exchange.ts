import type { FieldError, SecretName, SenderFormat, SignatureFailure, WebhookResult } from "./outcome.ts";

/** What a delivery to the webhook adds to its exchange. */
export interface DeliveryFacts {
  readonly result: WebhookResult;
  /** The id of the only message, once it is known. */
  readonly messageId?: string | undefined;
  /** What became of what it held, once that is stored. */
  readonly counts?: DeliveryCounts;
  readonly signature?: SecretName | SignatureFailure;
  /** What would make a refused signature right, in words for the sender's or the service's operator; no part of a value. */
  readonly hint?: string;
  /** Receipt minus `ts` in seconds, of each created message. */
  readonly lagSeconds?: readonly number[];
  /** What the operator should look into although the sender got 200, in words without content. */
  readonly warnings?: readonly string[] | undefined;
}

/** How many messages of a delivery ended how; together with what was ignored they are all that it held. */
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
 * What ended a streamed response: its own end, the client, a newer tail that needed the place, a stop of the service, or a fault in the
 * middle.
 */
export type StreamEnd = "complete" | "client" | "displaced" | "stop" | "fault";

export interface FinishedStream {
  /** From the answer's head to its end. */
  readonly durationMs: number;
  readonly ended: StreamEnd;
}

/** One request and its answer, once the answer was handed to the socket or the client went away. */
export interface FinishedExchange {
  readonly requestId: string;
  /** As the request line has it; `-` where the request could not be parsed. */
  readonly method: string;
  /** Without the query; `-` where the request could not be parsed. */
  readonly path: string;
  /** The route's template, e.g. `/messages/{message_id}`; undefined where no route matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** The client's address, as the peer's or as trusted proxies tell it; undefined if the connection had gone already. */
  readonly client?: string | undefined;
  /** Which fields or parameters a 422 was about and the type of each error; no content. */
  readonly errors?: readonly FieldError[] | undefined;
  /** The caller's trace (W3C Trace Context): 32 lower-case hex digits. */
  readonly traceId?: string | undefined;
  readonly delivery?: DeliveryFacts | undefined;
  /** Of an answer that was written piece by piece: `durationMs` ends with its head. */
  readonly stream?: FinishedStream | undefined;
  /** What went wrong, for the log alone. */
  readonly fault?: string | undefined;
}

/** The one seam for logs and metrics. */
export interface ExchangeObserver {
  finished(exchange: FinishedExchange): void;
}
