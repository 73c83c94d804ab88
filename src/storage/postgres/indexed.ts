import { createHash } from "node:crypto";
import { escapeText } from "./text.ts";

/**
 * Ids and senders stand together in one index, whose entries have at most 2,704 bytes
 * (https://www.postgresql.org/docs/current/btree.html). The ids of native messages have at most 1,024 bytes; those of a platform may
 * have any length.
 */
const MAX_BYTES = 1_200;
/** A unit of UTF-16 takes up to three bytes, escaped or not. */
const SURELY_SHORT_UNITS = 400;
const PREFIX_UNITS = 360;

/**
 * An id or a sender as its column holds it: escaped, and if it is too long for an index, its beginning and its SHA-256. No escaped
 * text has U+0001 twice in a row, so the two forms are never equal. Long ids with the same beginning are in the order of their digests.
 */
export function indexedText(text: string): string {
  const whole = wholeIfLong(text);
  if (whole === null) return escapeText(text);
  const prefix = whole.slice(0, PREFIX_UNITS).replace(/[\uD800-\uDBFF]$/, "");
  return `${prefix}\u0001\u0001${createHash("sha256").update(whole).digest("hex")}`;
}

/** The whole escaped text, for a second column; null if the column of `indexedText` already holds all of it. */
export function wholeIfLong(text: string): string | null {
  if (text.length <= SURELY_SHORT_UNITS) return null;
  const escaped = escapeText(text);
  return Buffer.byteLength(escaped) > MAX_BYTES ? escaped : null;
}
