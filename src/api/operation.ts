import type { OperationObject, Parameter, RequestBody } from "./openapi.ts";

/** The groups of the document, in its order. */
export type Tag = "Webhook" | "Messages" | "Statistics" | "Health and metrics" | "Pages and documents";

/** `token`: shows messages, so `Authorization: Bearer` is required where a token is configured. */
export type Access = "open" | "token";

/** What the document says about one route; what holds for every request is added by `createOpenApiDocument`. */
export interface Operation {
  readonly method: "GET" | "POST" | "DELETE";
  /** A literal path, or one with a segment that is a `{parameter}`. */
  readonly path: string;
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  /** CommonMark; of it, paragraphs and code spans. */
  readonly description: string;
  /** `signature`: the headers with which senders sign; `twilio`: that of Twilio; `erasure`: the token, in any case. */
  readonly access: Access | "signature" | "twilio" | "erasure";
  readonly parameters: readonly Parameter[];
  readonly requestBody?: RequestBody;
  /** Those that any request may get are there anyway; one of the same status here comes in their place. */
  readonly responses: Readonly<Record<string, OperationObject["responses"][string]>>;
}
