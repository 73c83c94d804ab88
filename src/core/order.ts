import type { StoredMessage } from "./message.ts";

/** By `ts` in time, then by `message_id` in code points, or the reverse of it. */
export type Order = "asc" | "desc";

/** As they were committed, which `seq` counts, or the reverse of it. */
export type ReceiptOrder = "received" | "received-desc";

/** A position in the order of time: that of a message, or between two. */
export interface KeysetPosition {
  /** The `sortKey` of a `ts`. */
  readonly key: string;
  readonly messageId: string;
}

/** Sorts after every text that begins with what it follows. */
export const LAST = "\u{10FFFF}";

/** A normalized timestamp without its `Z`: such texts compare like the times, `…00` before `…00.5`. */
export function sortKey(ts: string): string {
  let end = ts.length;
  while (ts[end - 1] === "Z") end -= 1;
  return ts.slice(0, end);
}

/** In the order of code points, which is that of UTF-8 bytes and not that of UTF-16 units; both must be well-formed. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points after all those that one unit can hold. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The order of every list, ascending. */
export function comparePositions(a: KeysetPosition, b: KeysetPosition): number {
  // Keys are ASCII: for them the order of UTF-16 units is that of code points.
  if (a.key === b.key) return compareText(a.messageId, b.messageId);
  return a.key < b.key ? -1 : 1;
}

/** The same for messages. To sort many of them, make their positions once. */
export function compareMessages(a: Pick<StoredMessage, "ts" | "message_id">, b: Pick<StoredMessage, "ts" | "message_id">): number {
  return comparePositions(positionOf(a), positionOf(b));
}

/** Where a message stands in the order of lists. */
export function positionOf(message: Pick<StoredMessage, "ts" | "message_id">): KeysetPosition {
  return { key: sortKey(message.ts), messageId: message.message_id };
}
