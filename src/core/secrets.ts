import { Buffer } from "node:buffer";

/** The active HMAC keys; none is empty. A key is the secret's UTF-8 bytes; see `standardWebhooksKey` for the other form. */
export interface Secrets {
  readonly current: string;
  /** Also accepted, while senders move to the current one. */
  readonly previous: readonly string[];
}

const PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

/**
 * The key that a secret stands for in Standard Webhooks (standardwebhooks.com, "Symmetric signatures"): the decoded base64
 * after `whsec_`; without that prefix, the secret's UTF-8 bytes.
 *
 * Undefined if the part after `whsec_` is not padded base64 (RFC 4648, section 4) of at least one byte.
 */
export function standardWebhooksKey(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX)) return Buffer.from(secret, "utf8");
  const encoded = secret.slice(PREFIX.length);
  return BASE64.test(encoded) ? Buffer.from(encoded, "base64") : undefined;
}
