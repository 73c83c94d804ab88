import type { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { standardWebhooksKey } from "../core/secrets.ts";

/** The `X-Signature` of a body: HMAC-SHA256 (RFC 2104) keyed with the secret's UTF-8 bytes, in lower-case hex. */
export function signHex(body: Uint8Array, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

export interface StandardSigning {
  /** `webhook-id`: 1 to 256 visible ASCII characters. */
  readonly id: string;
  /** `webhook-timestamp`: Unix time. */
  readonly timestampSeconds: number;
  /** Well-formed if it begins with `whsec_`; see `standardWebhooksKey`. */
  readonly secret: string;
}

/** The `webhook-signature` of a body: `v1,` and base64, over id, timestamp and body (Standard Webhooks 1.0.0). */
export function signStandard(body: Uint8Array, { id, timestampSeconds, secret }: StandardSigning): string {
  const key: Buffer | string = standardWebhooksKey(secret) ?? secret;
  return `v1,${createHmac("sha256", key).update(`${id}.${timestampSeconds}.`).update(body).digest("base64")}`;
}
