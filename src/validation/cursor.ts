import type { Order, KeysetPosition, ReceiptOrder } from "../core/order.ts";

/** The version of the format, so that later versions can be distinguished. */
const VERSION = 1;

/** A position as text for a URL; clients return it unchanged. It names its order, and no other order accepts it. */
export function formatCursor(order: Order, { key, messageId }: KeysetPosition): string {
  return encode([order, key, messageId]);
}

/** A position in commit order as text for a URL. */
export function formatReceiptCursor(order: ReceiptOrder, seq: number): string {
  return encode([order, seq]);
}

/** The position; undefined for a text that `formatCursor` did not produce for this order. */
export function parseCursor(text: string, order: Order): KeysetPosition | undefined {
  const [itsOrder, key, messageId] = decode(text);
  if (itsOrder !== order || typeof key !== "string" || typeof messageId !== "string") return undefined;
  // Any other text was not produced by `formatCursor`.
  return formatCursor(order, { key, messageId }) === text ? { key, messageId } : undefined;
}

/** The `seq`; undefined for a text that `formatReceiptCursor` did not produce for this order. */
export function parseReceiptCursor(text: string, order: ReceiptOrder): number | undefined {
  const [itsOrder, seq] = decode(text);
  if (itsOrder !== order || typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0) return undefined;
  return formatReceiptCursor(order, seq) === text ? seq : undefined;
}

function encode(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([VERSION, ...parts])).toString("base64url");
}

function decode(text: string): readonly unknown[] {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return [];
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (!Array.isArray(value)) return [];
    const [version, ...parts]: readonly unknown[] = value;
    return version === VERSION ? parts : [];
  } catch {
    return [];
  }
}
