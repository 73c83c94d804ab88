import type { OperationObject, SecurityScheme } from "./openapi.ts";
import type { Operation } from "./operation.ts";

type SchemeName = "token" | "signature" | "hubSignature" | "standardWebhook" | "svixWebhook" | "twilioSignature";

export const SECURITY_SCHEMES: Readonly<Record<SchemeName, SecurityScheme>> = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "The value of `API_TOKEN`. If that is not set, no token is needed for reading, and erasing is refused.",
  },
  signature: {
    type: "apiKey",
    in: "header",
    name: "X-Signature",
    description: "HMAC-SHA256 of the raw body with the secret's UTF-8 bytes as key, in 64 hex digits of either case, "
      + "with or without `sha256=` in front.",
  },
  hubSignature: {
    type: "apiKey",
    in: "header",
    name: "X-Hub-Signature-256",
    description: "The same as `X-Signature`, with `sha256=` in front.",
  },
  standardWebhook: {
    type: "apiKey",
    in: "header",
    name: "webhook-signature",
    description: "Standard Webhooks: one or more `v1,<base64>` separated by spaces, each an HMAC-SHA256 of `id.timestamp.body`, "
      + "where id and timestamp are those of `webhook-id` and `webhook-timestamp`. "
      + "If the secret begins with `whsec_`, the key is the rest of it, decoded from base64; "
      + "otherwise the key is the secret's UTF-8 bytes.",
  },
  svixWebhook: {
    type: "apiKey",
    in: "header",
    name: "svix-signature",
    description: "The same as `webhook-signature`, with `svix-id` and `svix-timestamp`; used if `webhook-signature` is absent.",
  },
  twilioSignature: {
    type: "apiKey",
    in: "header",
    name: "X-Twilio-Signature",
    description: "The HMAC-SHA1 in base64, keyed with `TWILIO_AUTH_TOKEN`, "
      + "of the URL that Twilio called (`PUBLIC_URL` with path and query), followed by the names and values of the form, sorted by name.",
  },
};

type Requirement = Partial<Readonly<Record<SchemeName, readonly string[]>>>;

const REQUIREMENTS: Readonly<Record<Operation["access"], readonly Requirement[]>> = {
  open: [],
  // The document is the same with and without a configured token.
  token: [{ token: [] }, {}],
  signature: [{ signature: [] }, { hubSignature: [] }, { standardWebhook: [] }, { svixWebhook: [] }],
  erasure: [{ token: [] }],
  twilio: [{ twilioSignature: [] }],
};

/** The security requirements of an operation: a client must meet one of them. */
export function securityOf(operation: Operation): OperationObject["security"] {
  return REQUIREMENTS[operation.access];
}
