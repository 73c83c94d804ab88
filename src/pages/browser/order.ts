import type { SequencedMessage, StoredMessage } from "../../core/message.ts";

/** The order of the list: by the time of sending or of receipt, newest first. */
export type ListOrder = "sent" | "received";

/** A message that arrived has a `seq`; a message from a list has none. */
export type SortableMessage = StoredMessage & Partial<Pick<SequencedMessage, "seq">>;

export interface Ordering {
  /** For `GET /messages`. */
  readonly parameter: "desc" | "received-desc";
  /** Negative if `a` comes first. Two messages without a `seq` may compare as equal. */
  compare(a: SortableMessage, b: SortableMessage): number;
  /** Whether a message of a list is at the position of another one, or after it. */
  reaches(message: SortableMessage, other: SortableMessage): boolean;
  /** The time that a row shows. */
  timeOf(message: StoredMessage): string;
}

export const ORDERINGS: Readonly<Record<ListOrder, Ordering>> = {
  sent: {
    parameter: "desc",
    compare: compareNewestFirst,
    reaches: (message, other) => compareNewestFirst(message, other) >= 0,
    timeOf: ({ ts }) => ts,
  },
  received: {
    parameter: "received-desc",
    compare: compareReceipts,
    // Several messages may have the same time of receipt; the other message may have been erased.
    reaches: (message, other) => message.message_id === other.message_id || message.created_at < other.created_at,
    timeOf: ({ created_at: receivedAt }) => receivedAt,
  },
};

type Position = Pick<StoredMessage, "ts" | "message_id">;

/**
 * The order of `GET /messages?order=desc`: by time, then by code points of the id, both descending. Negative if `a` comes
 * first.
 */
export function compareNewestFirst(a: Position, b: Position): number {
  return compareCodePoints(instantOf(b), instantOf(a)) || compareCodePoints(b.message_id, a.message_id);
}

/** Compares by `seq`, which only arrivals have: they are newer than messages from a list. */
function compareReceipts(a: SortableMessage, b: SortableMessage): number {
  return (b.seq ?? 0) - (a.seq ?? 0);
}

/** Without the Z, a whole second is a prefix of the same second with a fraction, so it comes before it. */
function instantOf(message: Position): string {
  return message.ts.slice(0, -1);
}

/** `<` compares UTF-16 units, which sort U+FFFD after an emoji. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    if (a[index] !== b[index]) return (a.codePointAt(index) ?? 0) - (b.codePointAt(index) ?? 0);
  }
  return a.length - b.length;
}
