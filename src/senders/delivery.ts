import type { Message } from "../core/message.ts";
import type { SenderFormat } from "../core/outcome.ts";

/** The messages and other content of a sender's request. */
export interface Delivery {
  readonly format: SenderFormat;
  /** In the order of the request; all are stored in one transaction. */
  readonly messages: readonly Message[];
  /** Content that is acknowledged but not stored, one entry per kind. */
  readonly ignored: readonly Ignored[];
  /** What the operator should look into; contains no message content. */
  readonly warnings: readonly string[];
  /** Whether `ts` is the time of receipt, so that a repeat with another `ts` is not a conflict. */
  readonly timedByReceipt: boolean;
}

export interface Ignored {
  /** The sender's name for the content, such as `statuses`; `incomplete` for messages without an id or a usable time. */
  readonly kind: string;
  readonly count: number;
}
