import type { MessageFilter } from "./filter.ts";
import type { SequencedMessage, StoredMessage } from "./message.ts";
import type { KeysetPosition, Order, ReceiptOrder } from "./order.ts";

/** Filters and page of a list. */
export interface MessageQuery extends MessageFilter {
  /** 1 or more. */
  readonly limit: number;
  /** 0 or more. */
  readonly offset: number;
  /** `asc` if absent. */
  readonly order?: Order;
  /** Only what follows this position in the order; `offset` counts from there on. */
  readonly after?: KeysetPosition;
}

export interface MessagePage {
  readonly data: readonly StoredMessage[];
  /** How many messages match the filters, whatever the page. */
  readonly total: number;
  /** The position of the page's last message, if more follow. */
  readonly next?: KeysetPosition;
}

/** Filters and page of a list in the order of receipt. */
export interface ReceivedQuery extends MessageFilter {
  /** 1 or more. */
  readonly limit: number;
  /** 0 or more. */
  readonly offset: number;
  readonly order: ReceiptOrder;
  /** Only what follows the message with this `seq` in the order; `offset` counts from there on. */
  readonly after?: number;
}

/** Whether a query is for the order of receipt. */
export function isReceived<Query extends { readonly order?: Order | ReceiptOrder }>(
  query: Query,
): query is Extract<Query, { readonly order: ReceiptOrder }> {
  return query.order === "received" || query.order === "received-desc";
}

export interface ReceivedPage {
  readonly data: readonly StoredMessage[];
  /** How many messages match the filters, whatever the page. */
  readonly total: number;
  /** The `seq` of the page's last message, if more follow. */
  readonly next?: number;
}

/** Filters of an export and the position after which it goes on. */
export interface ExportQuery extends MessageFilter {
  /** `asc` if absent. */
  readonly order?: Order;
  /** Only what follows this position in the order. */
  readonly after?: KeysetPosition;
  /** Messages with a greater `seq` have come since the export began: they are left out. */
  readonly upTo: number;
  /** With the payload of each. */
  readonly payload?: boolean;
}

export interface ExportPage {
  /** May be empty although more follow. */
  readonly data: readonly StoredMessage[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: KeysetPosition;
}

export interface SequencedPage {
  readonly data: readonly SequencedMessage[];
  /** Further ones may follow: it was cut for its size. */
  readonly more: boolean;
}

export type Bucket = "hour" | "day";

export interface TimelineQuery extends MessageFilter {
  readonly bucket: Bucket;
  /** Hours and days are those of clocks that are so far ahead of UTC; 0 if absent. Less than a day, either way. */
  readonly utcOffsetMinutes?: number;
  /** The most buckets, the newest ones. */
  readonly limit: number;
}

/** Hours or days that have messages, in the order of time. */
export interface Timeline {
  /** `start` is the first instant of the bucket, in UTC; not before the year 0000. */
  readonly data: readonly { readonly start: string; readonly count: number }[];
  /** Older buckets were left out. */
  readonly truncated: boolean;
}

export interface Stats {
  readonly total_messages: number;
  readonly senders_count: number;
  /** The ten largest senders, by count descending, then by `from`. */
  readonly messages_per_sender: readonly { readonly from: string; readonly count: number }[];
  /** Earliest and latest `ts`, null while there is no message. */
  readonly first_message_ts: string | null;
  readonly last_message_ts: string | null;
}
