import type { SequencedMessage, StoredMessage } from "../../core/message.ts";

/** What the list is ordered by: when the messages were sent, or when they were received. The newest are first. */
export type ListOrder = "sent" | "received";

/** A message that has arrived has a `seq`; those of a list have none. */
export type Placed = StoredMessage & Partial<Pick<SequencedMessage, "seq">>;

export interface Ordering {
  /** For `GET /messages`. */
  readonly parameter: "desc" | "received-desc";
  /** Negative if `a` comes first. Of two messages without a `seq` it may not know. */
  compare(a: Placed, b: Placed): number;
  /** Whether a message of a list is at the place of another one, or behind it. */
  reaches(message: Placed, other: Placed): boolean;
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
    // Several have the same time of receipt; the other one may have been erased.
    reaches: (message, other) => message.message_id === other.message_id || message.created_at < other.created_at,
    timeOf: ({ created_at: receivedAt }) => receivedAt,
  },
};

type Position = Pick<StoredMessage, "ts" | "message_id">;

/** The order of `GET /messages?order=desc`: by `ts` in time, then by id by code point, both falling. Negative where `a` comes first. */
export function compareNewestFirst(a: Position, b: Position): number {
  return compareCodePoints(instantOf(b), instantOf(a)) || compareCodePoints(b.message_id, a.message_id);
}

/** What arrives is newer than what a list had. */
function compareReceipts(a: Placed, b: Placed): number {
  return (b.seq ?? 0) - (a.seq ?? 0);
}

/** Without its Z an instant is a prefix of those that follow it by a fraction. */
function instantOf(message: Position): string {
  return message.ts.slice(0, -1);
}

/** `<` compares UTF-16 units, which put U+FFFD behind an emoji. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    if (a[index] !== b[index]) return (a.codePointAt(index) ?? 0) - (b.codePointAt(index) ?? 0);
  }
  return a.length - b.length;
}
