import type { OperationObject, Parameter, RequestBody } from "./openapi.ts";

/** The groups of the document, in its order. */
export type Tag = "Webhook" | "Messages" | "Statistics" | "Health and metrics" | "Pages and documents";

/** `token`: shows messages, so `Authorization: Bearer` is required if a token is configured. */
export type Access = "open" | "token";

/** One endpoint: its route and its description. `createOpenApiDocument` adds what all endpoints have in common. */
export interface Operation {
  readonly method: "GET" | "POST" | "DELETE";
  /** A literal path, or one with a `{parameter}` as a segment. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  /** CommonMark; only paragraphs and code spans. */
  readonly description: string;
  /** `signature`: the headers with which senders sign; `twilio`: Twilio's header; `erasure`: always the token. */
  readonly access: Access | "signature" | "twilio" | "erasure";
  /**
   * Set if the endpoint accepts deliveries: a delivery that is refused as `unavailable` before the handler runs then has that
   * result in log and metrics too.
   */
  readonly takesDeliveries?: true;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: RequestBody;
  /** Responses that any request may get are added; a response given here replaces an added one of the same status. */
  readonly responses: Readonly<Record<string, OperationObject["responses"][string]>>;
}

/** What a request needs before its handler runs: a handler that checks signatures does so itself. */
export function routeAccess({ access }: Operation): Access {
  return access === "token" || access === "erasure" ? "token" : "open";
}
