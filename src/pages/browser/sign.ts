/** How to sign a delivery: with one header, or with the three of Standard Webhooks. */
export type SigningWay = "x-signature" | "x-hub-signature-256" | "standard";

export type SignatureHeaders =
  | { readonly kind: "signed"; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "refused"; readonly message: string };

const PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The headers that sign a body, made with WebCrypto: the secret does not leave the page. */
export async function signatureHeaders(way: SigningWay, secret: string, body: Uint8Array<ArrayBuffer>): Promise<SignatureHeaders> {
  if (secret === "") return refuse("The secret must be given");
  // Browsers offer it only on https and on localhost (W3C Secure Contexts).
  if (!isSecureContext) return refuse("Signing needs WebCrypto, which browsers offer only on https:// and on localhost");
  if (way !== "standard") {
    const hex = Array.from(await hmac(toBytes(secret), body), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return { kind: "signed", headers: way === "x-signature" ? { "X-Signature": hex } : { "X-Hub-Signature-256": `sha256=${hex}` } };
  }
  const key = standardKey(secret);
  if (key === undefined) return refuse("The secret must have base64 after whsec_");
  const id = `msg_${crypto.randomUUID().replaceAll("-", "")}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signed = new Uint8Array(await new Blob([`${id}.${timestamp}.`, body]).arrayBuffer());
  const signature = `v1,${btoa(String.fromCharCode(...(await hmac(key, signed))))}`;
  return { kind: "signed", headers: { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } };
}

function refuse(message: string): SignatureHeaders {
  return { kind: "refused", message };
}

async function hmac(key: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes));
}

/** Undefined if the part after `whsec_` is not padded base64 (RFC 4648, section 4), or empty. */
function standardKey(secret: string): Uint8Array<ArrayBuffer> | undefined {
  if (!secret.startsWith(PREFIX)) return toBytes(secret);
  const encoded = secret.slice(PREFIX.length);
  if (encoded === "" || !BASE64.test(encoded)) return undefined;
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}

/** A text as UTF-8. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
