import type { MessageFilter } from "./filter.ts";
import type { SequencedMessage, StoredMessage } from "./message.ts";
import type { KeysetPosition, Order, ReceiptOrder } from "./order.ts";

/** Filters and page of a list by time. */
export interface MessageQuery extends MessageFilter {
  /** 1 or more. */
  readonly limit: number;
  /** 0 or more. */
  readonly offset: number;
  /** `asc` if absent. */
  readonly order?: Order;
  /** Only messages after this position; `offset` counts from there. */
  readonly after?: KeysetPosition;
}

export interface MessagePage {
  readonly data: readonly StoredMessage[];
  /** How many messages match the filters, on all pages. */
  readonly total: number;
  /** The position of the page's last message, if there are more. */
  readonly next?: KeysetPosition;
}

/** Filters and page of a list in commit order. */
export interface ReceivedQuery extends MessageFilter {
  /** 1 or more. */
  readonly limit: number;
  /** 0 or more. */
  readonly offset: number;
  readonly order: ReceiptOrder;
  /** Only messages after the one with this `seq`, in the order requested; `offset` counts from there. */
  readonly after?: number;
}

/** Whether a query requests commit order. */
export function isReceived<Query extends { readonly order?: Order | ReceiptOrder }>(
  query: Query,
): query is Extract<Query, { readonly order: ReceiptOrder }> {
  return query.order === "received" || query.order === "received-desc";
}

export interface ReceivedPage {
  readonly data: readonly StoredMessage[];
  /** How many messages match the filters, on all pages. */
  readonly total: number;
  /** The `seq` of the page's last message, if there are more. */
  readonly next?: number;
}

/** Filters of an export, and the position after which it continues. */
export interface ExportQuery extends MessageFilter {
  /** `asc` if absent. */
  readonly order?: Order;
  /** Only messages after this position. */
  readonly after?: KeysetPosition;
  /** Messages with a greater `seq` were stored after the export began and are left out. */
  readonly upTo: number;
  /** Whether to include payloads. */
  readonly payload?: boolean;
}

export interface ExportPage {
  /** May be empty although more pages follow. */
  readonly data: readonly StoredMessage[];
  /** Where the next page begins; absent on the last page. */
  readonly next?: KeysetPosition;
}

export interface SequencedPage {
  readonly data: readonly SequencedMessage[];
  /** Whether more messages may follow: the page was cut for its size. */
  readonly more: boolean;
}

export type Bucket = "hour" | "day";

export interface TimelineQuery extends MessageFilter {
  readonly bucket: Bucket;
  /** Hours and days begin where a clock with this offset from UTC begins them; 0 if absent. Less than a day either way. */
  readonly utcOffsetMinutes?: number;
  /** The maximum number of buckets; the newest are kept. */
  readonly limit: number;
}

/** The hours or days that have messages, oldest first. */
export interface Timeline {
  /** `start` is the first instant of the bucket, in UTC; never before the year 0000. */
  readonly data: readonly { readonly start: string; readonly count: number }[];
  /** Older buckets were left out. */
  readonly truncated: boolean;
}

export interface Stats {
  readonly total_messages: number;
  readonly senders_count: number;
  /** The ten largest senders, by count descending, then by `from`. */
  readonly messages_per_sender: readonly { readonly from: string; readonly count: number }[];
  /** Earliest and latest `ts`; null if there are no messages. */
  readonly first_message_ts: string | null;
  readonly last_message_ts: string | null;
}
