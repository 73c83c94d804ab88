import type { Order, KeysetPosition } from "../core/order.ts";

/** Of the form, so that another one can be told from it. */
const VERSION = 1;
/** The longest that one can be: an id of 256 code points, each of them up to twelve characters of JSON, and its key. */
const MAX_LENGTH = 8_192;

/** A place in an order as text for a URL; clients hand it back as it is. */
export function formatCursor(order: Order, { key, messageId }: KeysetPosition): string {
  return Buffer.from(JSON.stringify([VERSION, order, key, messageId])).toString("base64url");
}

/** The place, or undefined for a text that `formatCursor` has not made for this order. */
export function parseCursor(text: string, order: Order): KeysetPosition | undefined {
  if (text.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [version, itsOrder, key, messageId]: readonly unknown[] = value;
  if (version !== VERSION || itsOrder !== order || typeof key !== "string" || typeof messageId !== "string") return undefined;
  // Anything else would not be what was handed out.
  return formatCursor(order, { key, messageId }) === text ? { key, messageId } : undefined;
}
