import type { Order, KeysetPosition, ReceiptOrder } from "../core/order.ts";

/** Of the form, so that another one can be told from it. */
const VERSION = 1;
/** The longest that one can be: an id of 256 code points, each of them up to twelve characters of JSON, and its key. */
const MAX_LENGTH = 8_192;

/** A place in an order as text for a URL; clients hand it back as it is. It names its order, which no other takes. */
export function formatCursor(order: Order, { key, messageId }: KeysetPosition): string {
  return encode([order, key, messageId]);
}

/** The same for an order of receipt. */
export function formatReceiptCursor(order: ReceiptOrder, seq: number): string {
  return encode([order, seq]);
}

/** The place, or undefined for a text that `formatCursor` has not made for this order. */
export function parseCursor(text: string, order: Order): KeysetPosition | undefined {
  const [itsOrder, key, messageId] = decode(text);
  if (itsOrder !== order || typeof key !== "string" || typeof messageId !== "string") return undefined;
  // Anything else would not be what was handed out.
  return formatCursor(order, { key, messageId }) === text ? { key, messageId } : undefined;
}

/** The `seq`, or undefined for a text that `formatReceiptCursor` has not made for this order. */
export function parseReceiptCursor(text: string, order: ReceiptOrder): number | undefined {
  const [itsOrder, seq] = decode(text);
  if (itsOrder !== order || typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0) return undefined;
  return formatReceiptCursor(order, seq) === text ? seq : undefined;
}

function encode(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([VERSION, ...parts])).toString("base64url");
}

function decode(text: string): readonly unknown[] {
  if (text.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return [];
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (!Array.isArray(value)) return [];
    const [version, ...parts]: readonly unknown[] = value;
    return version === VERSION ? parts : [];
  } catch {
    return [];
  }
}
