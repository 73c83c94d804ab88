import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { SecretName, SignatureFailure } from "../core/outcome.ts";
import type { Clock } from "../core/clock.ts";
import { standardWebhooksKey, type Secrets } from "../core/secrets.ts";
import { foreignHint } from "./foreign-headers.ts";
import { readHexOrBase64, readSignature } from "./header.ts";
import { headerText, type SignatureHeaders } from "./headers.ts";
import { createHintBudget } from "./hint-budget.ts";
import { hexHint } from "./hex-hint.ts";
import { createHmacSha256, MAC_BYTES, type Hmac } from "./hmac.ts";
import { mismatchHint, type Mismatch } from "./mismatch-hint.ts";
import { readStandardWebhook, type HeaderFamily } from "./standard-webhooks.ts";

/** Either the secret that signed, or why none did, with a hint if there is one; nothing else. */
export type Verification =
  | { readonly ok: true; readonly secret: SecretName }
  | { readonly ok: false; readonly reason: SignatureFailure; readonly hint?: string };

export type Verify = (body: Uint8Array, headers: SignatureHeaders) => Verification;

export interface VerifierOptions {
  readonly clock: Clock;
  /** How far the timestamp of Standard Webhooks may be from the clock, in seconds, either way. */
  readonly toleranceSeconds: number;
  /** Another header that may hold the signature of the raw body; its name in lower case. */
  readonly extraHeader?: string | undefined;
}

interface ActiveKey {
  readonly hmac: Hmac;
  readonly match: Verification;
}

const CURRENT: Verification = Object.freeze({ ok: true, secret: "current" });
const PREVIOUS: Verification = Object.freeze({ ok: true, secret: "previous" });
const MISSING: Verification = Object.freeze({ ok: false, reason: "missing" });
const MALFORMED_EXTRA: Verification = Object.freeze({
  ok: false,
  reason: "malformed",
  hint: "the header of WEBHOOK_SIGNATURE_HEADER must be the HMAC-SHA256 of the body in hex or base64, with or without sha256=",
});
const MISMATCH: Verification = Object.freeze({ ok: false, reason: "mismatch" });

/**
 * Creates the function that checks a delivery's HMAC-SHA256 (RFC 2104) against every active secret, in constant time. It uses
 * the first header present: `X-Signature`, then `X-Hub-Signature-256` (hex, over the raw body), then `webhook-signature`
 * (base64, over id, timestamp and raw body; Standard Webhooks 1.0.0), then the same under the names of Svix, and last
 * `extraHeader` (hex or base64, over the raw body).
 *
 * Refusals: `missing` if there is none of them; `malformed` if `readSignature`, `readStandardWebhook` or `readHexOrBase64`
 * cannot read the header (which includes an empty value and a header that was sent twice); `mismatch` if no secret made it;
 * `stale` if one did, but the timestamp is too far from the clock. The expected MAC never leaves the function in any form.
 * Hints for `mismatch` cost further HMACs, and are computed at most a few times a second.
 */
export function createVerifier(secrets: Secrets, options: VerifierOptions): Verify {
  const { clock, toleranceSeconds, extraHeader } = options;
  const textKeys = activeKeys(secrets, (secret) => Buffer.from(secret, "utf8"));
  // A malformed whsec_ secret is a configuration error and does not get this far.
  const standardKeys = activeKeys(secrets, (secret) => standardWebhooksKey(secret) ?? Buffer.from(secret, "utf8"));
  // All calls share these two buffers: a call ends before the next begins.
  const given = new Uint8Array(MAC_BYTES);
  const expected = Buffer.alloc(MAC_BYTES);
  const onlyGiven = [given];
  const mayExplain = createHintBudget(clock);

  function mismatch(attempt: Mismatch): Verification {
    const hint = mayExplain() ? mismatchHint(attempt, secrets) : undefined;
    return hint === undefined ? MISMATCH : { ok: false, reason: "mismatch", hint };
  }

  function verifyHex(body: Uint8Array, text: string, prefix: "optional" | "required"): Verification {
    if (!readSignature(text, given, { prefix })) return { ok: false, reason: "malformed", hint: hexHint(text, { prefix }) };
    return verifyGiven(body);
  }

  function verifyExtra(body: Uint8Array, text: string): Verification {
    return readHexOrBase64(text, given) ? verifyGiven(body) : MALFORMED_EXTRA;
  }

  function verifyGiven(body: Uint8Array): Verification {
    for (const { hmac, match } of textKeys) {
      hmac("", body, expected);
      if (timingSafeEqual(expected, given)) return match;
    }
    return mismatch({ keys: "text", prefix: "", body, signatures: onlyGiven });
  }

  function verifyStandard(body: Uint8Array, headers: SignatureHeaders, family: HeaderFamily): Verification {
    const webhook = readStandardWebhook(headers, family);
    if ("reason" in webhook) return { ok: false, ...webhook };
    const { prefix, signatures, timestampSeconds } = webhook;
    for (const { hmac, match } of standardKeys) {
      hmac(prefix, body, expected);
      if (!signatures.some((signature) => timingSafeEqual(expected, signature))) continue;
      const ageSeconds = Math.floor(clock.nowMs() / 1000) - timestampSeconds;
      if (Math.abs(ageSeconds) <= toleranceSeconds) return match;
      const away = `${Math.abs(ageSeconds)} s in the ${ageSeconds > 0 ? "past" : "future"}`;
      return { ok: false, reason: "stale", hint: `the timestamp is ${away}, WEBHOOK_TOLERANCE_SECONDS is ${toleranceSeconds}` };
    }
    return mismatch({ keys: "standard", prefix, body, signatures });
  }

  return (body, headers) => {
    const xSignature = headerText(headers["x-signature"]);
    if (xSignature !== undefined) return verifyHex(body, xSignature, "optional");
    const xHubSignature256 = headerText(headers["x-hub-signature-256"]);
    if (xHubSignature256 !== undefined) return verifyHex(body, xHubSignature256, "required");
    if (headers["webhook-signature"] !== undefined) return verifyStandard(body, headers, "webhook");
    if (headers["svix-signature"] !== undefined) return verifyStandard(body, headers, "svix");
    const extra = extraHeader === undefined ? undefined : headerText(headers[extraHeader]);
    if (extra !== undefined) return verifyExtra(body, extra);
    const hint = foreignHint(headers);
    return hint === undefined ? MISSING : { ok: false, reason: "missing", hint };
  };
}

function activeKeys(secrets: Secrets, keyOf: (secret: string) => Buffer): readonly ActiveKey[] {
  return [
    { hmac: createHmacSha256(keyOf(secrets.current)), match: CURRENT },
    ...secrets.previous.map((secret) => ({ hmac: createHmacSha256(keyOf(secret)), match: PREVIOUS })),
  ];
}
