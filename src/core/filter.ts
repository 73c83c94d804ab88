import type { StoredMessage } from "./message.ts";
import { sortKey } from "./order.ts";

/** What a list, an export and the rest leave out; an absent filter admits every message. */
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

/** What a filter looks at. */
export type Filterable = Pick<StoredMessage, "from" | "to" | "ts" | "text">;

/** What a filter means, for every engine: the decision for one message. What an engine does in its own language must agree. */
export function createMatcher({ from, to, since, until, q }: MessageFilter): (message: Filterable) => boolean {
  const contains = q === undefined ? undefined : createTextMatcher(q);
  const low = since === undefined ? undefined : sortKey(since);
  const high = until === undefined ? undefined : sortKey(until);
  // Keys of normalized timestamps are ASCII: beside such a text the order of UTF-16 units is that of code points.
  return (message) =>
    (from === undefined || from === message.from) &&
    (to === undefined || to === message.to) &&
    (low === undefined || sortKey(message.ts) >= low) &&
    (high === undefined || sortKey(message.ts) < high) &&
    (contains === undefined || (message.text !== null && contains(message.text)));
}

/** Whether a text contains `q`, letters compared by Unicode simple case folding, as ECMAScript's `iu` matching does. */
export function createTextMatcher(q: string): (text: string) => boolean {
  const pattern = new RegExp(RegExp.escape(q), "iu");
  return (text) => pattern.test(text);
}
