const BASE64_MAC = /^(?:sha256=)?[A-Za-z0-9+/_-]{43}=?$/;
const HEX = /^[0-9A-Fa-f]+$/;
const PREFIX = /^(?:sha-?[0-9]+|md5)[=:]/i;

/**
 * What is wrong with the text of `X-Signature` or `X-Hub-Signature-256`, which `readSignature` refused; for the log. Contains
 * no part of the text.
 */
export function hexHint(text: string, options: { readonly prefix: "optional" | "required" }): string {
  if (text === "") return "the header is empty";
  if (text.startsWith("v1,")) return "the form v1,… belongs in webhook-signature, with webhook-id and webhook-timestamp";
  if (/^t=[0-9]+,/.test(text)) return "the form t=…,v1=… belongs to another service: only the hex digits are required";
  if (text.includes(", ")) return "the header is sent twice";
  if (BASE64_MAC.test(text)) return "the header is in base64: hex is required";
  const prefix = PREFIX.exec(text)?.[0];
  if (prefix !== undefined && prefix.toLowerCase() !== "sha256=") return "the algorithm must be SHA-256, with sha256= as its prefix";
  if (prefix !== undefined && prefix !== "sha256=") return "the prefix must be sha256= in lower case";
  const digits = text.slice(prefix?.length ?? 0);
  if (HEX.test(digits) && digits.length !== 64) return `the header has ${digits.length} hex digits: 64 are required`;
  if (HEX.test(digits) && options.prefix === "required") return "the prefix sha256= is required";
  return "64 hex digits are required, optionally after sha256=";
}
