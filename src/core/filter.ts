import type { StoredMessage } from "./message.ts";
import { sortKey } from "./order.ts";

/** Which messages a list, an export or a timeline contains; a filter that is absent admits every message. */
export interface MessageFilter {
  /** Exactly this sender. */
  readonly from?: string;
  /** Exactly this recipient. */
  readonly to?: string;
  /** A normalized timestamp: messages at that instant or later. */
  readonly since?: string;
  /** A normalized timestamp: messages before that instant. */
  readonly until?: string;
  /** Substring of `text`, case-insensitive by Unicode simple case folding; never empty. */
  readonly q?: string;
}

/** The fields that a filter reads. */
export type Filterable = Pick<StoredMessage, "from" | "to" | "ts" | "text">;

/** Defines what a filter means, for every engine: whether it admits a message. An engine that filters in SQL must agree with it. */
export function createMatcher({ from, to, since, until, q }: MessageFilter): (message: Filterable) => boolean {
  const contains = q === undefined ? undefined : createTextMatcher(q);
  const low = since === undefined ? undefined : sortKey(since);
  const high = until === undefined ? undefined : sortKey(until);
  // Keys of normalized timestamps are ASCII, so comparing UTF-16 units gives the order of code points.
  return (message) =>
    (from === undefined || from === message.from) &&
    (to === undefined || to === message.to) &&
    (low === undefined || sortKey(message.ts) >= low) &&
    (high === undefined || sortKey(message.ts) < high) &&
    (contains === undefined || (message.text !== null && contains(message.text)));
}

/** Whether a text contains `q`, compared by Unicode simple case folding, as ECMAScript's `iu` matching does. */
export function createTextMatcher(q: string): (text: string) => boolean {
  const pattern = new RegExp(RegExp.escape(q), "iu");
  return (text) => pattern.test(text);
}
