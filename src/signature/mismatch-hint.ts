import { Buffer } from "node:buffer";
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { standardWebhooksKey, type Secrets } from "../core/secrets.ts";
import { serialisedBodies } from "./serialised-bodies.ts";

/** A delivery whose signatures match no secret. */
export interface Mismatch {
  /** How a secret becomes a key: as its UTF-8 bytes, or as `standardWebhooksKey` decodes it. */
  readonly keys: "text" | "standard";
  /** What is signed before the body; empty for `X-Signature`. */
  readonly prefix: string;
  readonly body: Uint8Array;
  /** 32 bytes each. */
  readonly signatures: readonly Uint8Array[];
}

type Variant = readonly [words: string, bytes: Uint8Array];

// With these limits and those of `serialisedBodies`, a hint costs at most about 20 ms, and less than 1 ms for a usual body.
const MAX_BODY_BYTES = 16 * 1024;
const MAX_SECRETS = 4;

/**
 * Tries the mistakes that senders and operators commonly make, and describes the one that explains the signature; undefined if
 * none does, or if the body has more than 16 KiB. Only the first four secrets are tried.
 *
 * The text contains no part of a secret, a signature or a body. Costs up to about 20 ms: limit how often it is called.
 */
export function mismatchHint({ keys, prefix, body, signatures }: Mismatch, secrets: Secrets): string | undefined {
  if (body.length > MAX_BODY_BYTES) return undefined;
  const fits = (mac: Uint8Array): boolean => signatures.some((signature) => timingSafeEqual(mac, signature));
  const mac = (key: Uint8Array, front: string, content: Uint8Array): Uint8Array =>
    createHmac("sha256", key).update(front, "latin1").update(content).digest();

  const bodies = [...otherBodies(body), ...serialisedBodies(body)];
  for (const secret of [secrets.current, ...secrets.previous].slice(0, MAX_SECRETS)) {
    const key = keyOf(secret, keys);
    const found =
      bodies.find(([, content]) => fits(mac(key, prefix, content))) ??
      otherKeys(secret, keys).find(([, otherKey]) => fits(mac(otherKey, prefix, body)));
    if (found !== undefined) return found[0];
    if (prefix !== "" && fits(mac(key, "", body))) {
      return "the signature covers the body alone: webhook-id and webhook-timestamp must be signed before it";
    }
  }
  if (!fits(hash("sha256", body, "buffer"))) return undefined;
  return "the signature is a plain SHA-256 of the body: HMAC-SHA256 with the secret is required";
}

function otherBodies(body: Uint8Array): readonly Variant[] {
  const text = Buffer.from(body).toString("latin1");
  const variants: [string, string][] = [];
  const trailing = /\r?\n$/.exec(text)?.[0];
  if (trailing === undefined) {
    variants.push(["the signature matches if a newline is added to the body: the sender signed one that it did not send", `${text}\n`]);
  } else {
    variants.push(["the signature matches if a trailing newline is removed from the body", text.slice(0, -trailing.length)]);
  }
  const lineFeeds = text.replaceAll("\r\n", "\n");
  if (lineFeeds !== text) variants.push(["the signature matches if each CRLF of the body is a line feed", lineFeeds]);
  else if (text.includes("\n")) {
    variants.push(["the signature matches if each line feed of the body is CRLF", text.replaceAll("\n", "\r\n")]);
  }
  const withoutBreaks = text.replaceAll(/[\r\n]/g, "");
  if (withoutBreaks !== text) variants.push(["the signature matches if all line breaks are removed from the body", withoutBreaks]);
  if (text.startsWith("\u00ef\u00bb\u00bf")) {
    variants.push(["the signature matches if the byte order mark is removed from the body", text.slice(3)]);
  } else {
    variants.push(["the signature matches if a byte order mark is put in front of the body", `\u00ef\u00bb\u00bf${text}`]);
  }
  if (text !== "") variants.push(["the signature matches an empty body: the sender signs before it has the body", ""]);
  return variants.map(([words, content]) => [words, Buffer.from(content, "latin1")]);
}

function asText(secret: string): Uint8Array {
  return Buffer.from(secret, "utf8");
}

function keyOf(secret: string, keys: Mismatch["keys"]): Uint8Array {
  return (keys === "standard" ? standardWebhooksKey(secret) : undefined) ?? asText(secret);
}

function otherKeys(secret: string, keys: Mismatch["keys"]): readonly Variant[] {
  const variants: Variant[] = [];
  const trimmed = secret.trim();
  if (trimmed !== secret) variants.push(["the secret has surrounding white space: the signature matches without it", keyOf(trimmed, keys)]);
  variants.push(["the signature matches if a newline is added to the secret: the sender's secret has one", asText(`${secret}\n`)]);
  const quoted = /^(["'])(.*)\1$/s.exec(trimmed)?.[2];
  if (quoted !== undefined) variants.push(["the secret has quotes around it: the signature matches without them", keyOf(quoted, keys)]);
  if (/^(?:[0-9A-Fa-f]{2})+$/.test(trimmed)) {
    variants.push(["the signature matches if the secret is decoded from hex, but the secret is used as text", Buffer.from(trimmed, "hex")]);
  }
  const isEncoded = trimmed.startsWith("whsec_");
  const decoded = standardWebhooksKey(isEncoded ? trimmed : `whsec_${trimmed}`);
  if (keys === "text" && decoded !== undefined) {
    variants.push(["the signature matches if the secret is decoded from base64, but for this header the secret is used as text", decoded]);
  }
  if (keys === "standard" && decoded !== undefined && !isEncoded) {
    variants.push(["the signature matches if the secret is decoded from base64: put whsec_ in front of the secret", decoded]);
  }
  if (keys === "standard" && isEncoded) {
    variants.push([
      "the signature matches if the whole secret is used as text: what follows whsec_ must be decoded from base64",
      asText(secret),
    ]);
  }
  return variants;
}
