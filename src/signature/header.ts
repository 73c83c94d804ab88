import { Buffer } from "node:buffer";

const PREFIX = "sha256=";
const HEX_DIGITS = 64;
/** 32 bytes in base64 or base64url (RFC 4648): the last two of the last digit's six bits are unused, and zero. */
const BASE64_MAC = /^(?:sha256=)?([A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048])=?$/;

/**
 * Decodes a signature header, 64 hex digits in either case after `sha256=`, into the 32 bytes of `into`. An `optional` prefix
 * may be missing.
 *
 * Returns false, and leaves undefined content in `into`, for every other text: white space, another prefix or case of the
 * prefix, more or fewer digits, characters that are not ASCII, and the `a, b` into which Node joins a header that was sent
 * twice.
 */
export function readSignature(
  text: string,
  into: Uint8Array,
  options: { readonly prefix: "optional" | "required" },
): boolean {
  let at = 0;
  if (text.length === PREFIX.length + HEX_DIGITS && text.startsWith(PREFIX)) at = PREFIX.length;
  else if (options.prefix === "required" || text.length !== HEX_DIGITS) return false;
  // Not Buffer.from(text, "hex"): it reads the low byte of a character beyond Latin-1 as a digit.
  for (let index = 0; index < HEX_DIGITS / 2; index++, at += 2) {
    const byte = hexDigit(text.charCodeAt(at)) * 16 + hexDigit(text.charCodeAt(at + 1));
    if (byte < 0) return false;
    into[index] = byte;
  }
  return true;
}

/**
 * Decodes 64 hex digits as `readSignature` does, or 32 bytes in base64, with or without `sha256=`. Returns false for every
 * other text.
 */
export function readHexOrBase64(text: string, into: Uint8Array): boolean {
  if (readSignature(text, into, { prefix: "optional" })) return true;
  const digits = BASE64_MAC.exec(text)?.[1];
  if (digits === undefined) return false;
  into.set(Buffer.from(digits, "base64"));
  return true;
}

/** The digit's value, or a negative number so large that no other digit makes up for it. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1000;
}
