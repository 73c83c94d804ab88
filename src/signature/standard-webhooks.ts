import { Buffer } from "node:buffer";
import { headerText, type SignatureHeaders } from "./headers.ts";

/** The content of a delivery's three headers. */
export interface StandardWebhook {
  /** What is signed before the raw body: `id.timestamp.`, only ASCII. */
  readonly prefix: string;
  readonly timestampSeconds: number;
  /** One or more, 32 bytes each. */
  readonly signatures: readonly Uint8Array[];
}

export type StandardWebhookRefusal = { readonly reason: "missing" | "malformed"; readonly hint: string };

const ID = /^[\x21-\x7e]{1,256}$/;
const SECONDS = /^[0-9]{1,12}$/;
const MILLISECONDS = /^[0-9]{13}$/;
/** 32 bytes in padded base64: the last two of the last digit's six bits are unused, and zero. */
const BASE64_MAC = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const HEX_MAC = /(?:^|[ ,=])[0-9A-Fa-f]{64}(?: |$)/;
const MAX_SIGNATURES_LENGTH = 4096;

/** The prefix of the three headers' names: that of Standard Webhooks, or that of Svix, from which the standard came. */
export type HeaderFamily = "webhook" | "svix";

/**
 * Reads the headers `-id`, `-timestamp` and `-signature` of a family (Standard Webhooks 1.0.0, "Webhook headers") from a
 * request that has the last of them. Signatures are separated by spaces, each `version,base64`. Those of versions other than
 * `v1`, and those that are not base64 of 32 bytes, are ignored.
 *
 * Refusals, with a hint: `missing` without id or timestamp; `malformed` for an id that is not 1 to 256 visible ASCII
 * characters, a timestamp that is not 1 to 12 decimal digits, signatures of more than 4096 characters in total or without a
 * well-formed `v1`, and for a header that was sent twice, which Node joins with a comma and a space.
 */
export function readStandardWebhook(headers: SignatureHeaders, family: HeaderFamily): StandardWebhook | StandardWebhookRefusal {
  const id = headerText(headers[`${family}-id`]);
  const timestamp = headerText(headers[`${family}-timestamp`]);
  const given = headerText(headers[`${family}-signature`]) ?? "";
  if (id === undefined) return { reason: "missing", hint: `${family}-id is missing beside ${family}-signature` };
  if (timestamp === undefined) return { reason: "missing", hint: `${family}-timestamp is missing beside ${family}-signature` };
  if (!ID.test(id)) return malformed(`${family}-id must be 1 to 256 visible ASCII characters, sent once`);
  if (!SECONDS.test(timestamp)) {
    return malformed(
      MILLISECONDS.test(timestamp)
        ? `${family}-timestamp is in milliseconds: seconds are required`
        : `${family}-timestamp must be Unix time in seconds, in decimal digits, sent once`,
    );
  }
  if (given.length > MAX_SIGNATURES_LENGTH) return malformed(`${family}-signature must have at most 4096 characters`);
  const signatures = given
    .split(" ")
    .filter((part) => part.startsWith("v1,") && BASE64_MAC.test(part.slice(3)))
    .map((part) => Buffer.from(part.slice(3), "base64"));
  if (signatures.length === 0) return malformed(signatureHint(given, family));
  return { prefix: `${id}.${timestamp}.`, timestampSeconds: Number(timestamp), signatures };
}

function malformed(hint: string): StandardWebhookRefusal {
  return { reason: "malformed", hint };
}

function signatureHint(given: string, family: HeaderFamily): string {
  if (given === "") return `${family}-signature is empty`;
  if (HEX_MAC.test(given)) return `${family}-signature is in hex: base64 is required`;
  if (given.split(" ").some((part) => BASE64_MAC.test(part))) return `the base64 of ${family}-signature must follow v1,`;
  if (!given.includes("v1,")) return `${family}-signature has no signature of version v1, the only version that is checked`;
  return `${family}-signature must be v1, followed by the base64 of 32 bytes; separate several by single spaces`;
}
