import { Buffer } from "node:buffer";
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import type { SecretName, SignatureFailure } from "../core/outcome.ts";
import type { Secrets } from "../core/secrets.ts";
import { readSignature } from "./header.ts";

/** The values of the two headers, undefined where a request has none. */
export interface SignatureHeaders {
  readonly xSignature: string | undefined;
  readonly xHubSignature256: string | undefined;
}

/** Either names which secret signed, or why no secret did; never more than that. */
export type Verification =
  | { readonly ok: true; readonly secret: SecretName }
  | { readonly ok: false; readonly reason: SignatureFailure };

export type Verify = (body: Uint8Array, headers: SignatureHeaders) => Verification;

interface ActiveKey {
  readonly key: KeyObject;
  readonly match: Verification;
}

const MAC_BYTES = 32;

const CURRENT: Verification = Object.freeze({ ok: true, secret: "current" });
const PREVIOUS: Verification = Object.freeze({ ok: true, secret: "previous" });
const MISSING: Verification = Object.freeze({ ok: false, reason: "missing" });
const MALFORMED: Verification = Object.freeze({ ok: false, reason: "malformed" });
const MISMATCH: Verification = Object.freeze({ ok: false, reason: "mismatch" });

/**
 * Makes the function that checks a delivery's HMAC-SHA256 (RFC 2104) over its raw body against every active secret,
 * in constant time. `X-Signature` decides where both headers are sent.
 *
 * Refusals: `missing` with neither header, `malformed` where the deciding header is not what `readSignature` reads (an
 * empty value and a header that was sent twice included), `mismatch` where no secret made it. The expected MAC never
 * leaves the function, in no form.
 */
export function createVerifier(secrets: Secrets): Verify {
  const keys: readonly ActiveKey[] = [
    { key: secretKey(secrets.current), match: CURRENT },
    ...secrets.previous.map((secret) => ({ key: secretKey(secret), match: PREVIOUS })),
  ];
  // One buffer for every call: it holds what the sender sent, and a call ends before the next begins.
  const given = new Uint8Array(MAC_BYTES);
  return (body, headers) => {
    const { xSignature, xHubSignature256 } = headers;
    if (xSignature !== undefined) {
      if (!readSignature(xSignature, given, { prefix: "optional" })) return MALFORMED;
    } else if (xHubSignature256 !== undefined) {
      if (!readSignature(xHubSignature256, given, { prefix: "required" })) return MALFORMED;
    } else {
      return MISSING;
    }
    for (const { key, match } of keys) {
      if (timingSafeEqual(createHmac("sha256", key).update(body).digest(), given)) return match;
    }
    return MISMATCH;
  };
}

function secretKey(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, "utf8"));
}
