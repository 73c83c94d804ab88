/** A validated message as a sender delivered it. */
export interface Message {
  /** 1 to 256 code points, the identity of the message. */
  readonly messageId: string;
  /** E.164-like: `+` and 1 to 15 digits. */
  readonly from: string;
  readonly to: string;
  /** RFC 3339 in UTC with `Z`, no trailing zeros in the fraction: see `parseTimestamp`. */
  readonly ts: string;
  /** The instant of `ts` in milliseconds since the epoch, fractions of a millisecond dropped. */
  readonly tsMs: number;
  /** At most 4096 code points, or null where the sender sent none. */
  readonly text: string | null;
  /** What a platform sent about it, as JSON, kept beside the row; absent for a native message, which is its own row. */
  readonly payload?: string;
}

/** A message as it is read back. */
export interface StoredMessage {
  readonly message_id: string;
  readonly from: string;
  readonly to: string;
  readonly ts: string;
  readonly text: string | null;
  /** When it was stored: ISO 8601 in UTC. */
  readonly created_at: string;
  /** What a platform sent about it, as JSON, if it was asked for; null for a native message. */
  readonly payload?: string | null;
}

/** A message with its place in the order of commits: each is greater than those committed before, and given once. */
export interface SequencedMessage extends StoredMessage {
  readonly seq: number;
}

export interface SequencedPage {
  readonly data: readonly SequencedMessage[];
  /** Further ones may follow: it was cut for its size. */
  readonly more: boolean;
}

/** By `ts` in time, then by `message_id` in code points, or the reverse of it. */
export type Order = "asc" | "desc";

/** The place of a message in that order. */
export interface Place {
  /** Its `ts` without the `Z`, so that texts compare like the times. */
  readonly key: string;
  readonly messageId: string;
}

/** Filters and page of a list; an absent filter admits every message. */
export interface MessageQuery {
  /** 1 or more. */
  readonly limit: number;
  /** 0 or more. */
  readonly offset: number;
  /** `asc` where absent. */
  readonly order?: Order;
  /** Only what follows this place in the order; `offset` counts from there on. */
  readonly after?: Place;
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

export interface MessagePage {
  readonly data: readonly StoredMessage[];
  /** How many messages match the filters, whatever the page. */
  readonly total: number;
  /** The place of the page's last message, where more follow. */
  readonly next?: Place;
}

export type Bucket = "hour" | "day";

export interface TimelineQuery {
  readonly bucket: Bucket;
  /** The most buckets, the newest ones. */
  readonly limit: number;
  /** A normalized timestamp: messages at that instant or later. */
  readonly since?: string;
  /** A normalized timestamp: messages before that instant. */
  readonly until?: string;
}

/** Hours or days that have messages, in the order of time. */
export interface Timeline {
  /** `start` is the first instant of the bucket. */
  readonly data: readonly { readonly start: string; readonly count: number }[];
  /** Older buckets were left out. */
  readonly truncated: boolean;
}

/** Filters of an export and the place behind which it goes on; an absent filter admits every message. */
export interface ExportQuery extends Omit<MessageQuery, "limit" | "offset"> {
  /** Messages with a greater `seq` have come since the export began: they are left out. */
  readonly upTo: number;
  /** With the payload of each. */
  readonly payload?: boolean;
}

export interface ExportPage {
  /** May be empty although more follow. */
  readonly data: readonly StoredMessage[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: Place;
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
