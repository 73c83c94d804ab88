import type { OperationObject, Parameter, RequestBody } from "./openapi.ts";

/** The groups of the document, in its order. */
export type Tag = "Webhook" | "Messages" | "Statistics" | "Health and metrics" | "Pages and documents";

/** `token`: shows messages, so `Authorization: Bearer` is required where a token is configured. */
export type Access = "open" | "token";

/** One endpoint: its route, and what the document says of it. What holds for every request is added by `createOpenApiDocument`. */
export interface Operation {
  readonly method: "GET" | "POST" | "DELETE";
  /** A literal path, or one with a segment that is a `{parameter}`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  /** CommonMark; of it, paragraphs and code spans. */
  readonly description: string;
  /** `signature`: the headers with which senders sign; `twilio`: that of Twilio; `erasure`: the token, in any case. */
  readonly access: Access | "signature" | "twilio" | "erasure";
  /** Takes deliveries: one that is refused as `unavailable` before the handler sees it has that result in log and metrics too. */
  readonly takesDeliveries?: true;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: RequestBody;
  /** Those that any request may get are there anyway; one of the same status here comes in their place. */
  readonly responses: Readonly<Record<string, OperationObject["responses"][string]>>;
}

/** What a request must show before its handler sees it: a handler that checks signatures does so itself. */
export function routeAccess({ access }: Operation): Access {
  return access === "token" || access === "erasure" ? "token" : "open";
}
