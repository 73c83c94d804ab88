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
  /** At most 4096 code points; null if the sender sent none. */
  readonly text: string | null;
  /**
   * What the platform sent about the message, as JSON, stored beside the row; absent for a native message, whose row is
   * complete.
   */
  readonly payload?: string;
}

/** A stored message as it is read back. */
export interface StoredMessage {
  readonly message_id: string;
  readonly from: string;
  readonly to: string;
  readonly ts: string;
  readonly text: string | null;
  /** When it was stored: ISO 8601 in UTC. */
  readonly created_at: string;
  /** What the platform sent about the message, as JSON, if requested; null for a native message. */
  readonly payload?: string | null;
}

/** A message with its position in commit order: each `seq` is greater than those committed before, and is used once. */
export interface SequencedMessage extends StoredMessage {
  readonly seq: number;
}
