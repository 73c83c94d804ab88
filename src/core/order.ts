import type { StoredMessage } from "./message.ts";

/** By time (`ts`), then by the code points of `message_id`; or the reverse. */
export type Order = "asc" | "desc";

/** In commit order, which is the order of `seq`; or the reverse. */
export type ReceiptOrder = "received" | "received-desc";

/** A position in time order: that of a message, or one between two messages. */
export interface KeysetPosition {
  /** The `sortKey` of a `ts`. */
  readonly key: string;
  readonly messageId: string;
}

/** Appended to a prefix, it sorts after every text with that prefix. */
export const LAST = "\u{10FFFF}";

/** A normalized timestamp without its `Z`. Such texts sort by time: `…00` before `…00.5`. */
export function sortKey(ts: string): string {
  let end = ts.length;
  while (ts[end - 1] === "Z") end -= 1;
  return ts.slice(0, end);
}

/** Compares by code point, which is the order of UTF-8 bytes but not of UTF-16 units. Both texts must be well-formed. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all those that fit into one unit. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The order of every list, ascending. */
export function comparePositions(a: KeysetPosition, b: KeysetPosition): number {
  // Keys are ASCII: comparing their UTF-16 units gives the order of code points.
  if (a.key === b.key) return compareText(a.messageId, b.messageId);
  return a.key < b.key ? -1 : 1;
}

/** `comparePositions` for messages. To sort many messages, compute their positions once. */
export function compareMessages(a: Pick<StoredMessage, "ts" | "message_id">, b: Pick<StoredMessage, "ts" | "message_id">): number {
  return comparePositions(positionOf(a), positionOf(b));
}

/** The position of a message in the order of lists. */
export function positionOf(message: Pick<StoredMessage, "ts" | "message_id">): KeysetPosition {
  return { key: sortKey(message.ts), messageId: message.message_id };
}
