import type { Message } from "../core/message.ts";
import type { SenderFormat } from "../core/outcome.ts";

/** What a sender's request became. */
export interface Delivery {
  readonly format: SenderFormat;
  /** In the order of the request; all are stored in one transaction. */
  readonly messages: readonly Message[];
  /** What is acknowledged and not stored, each kind once. */
  readonly ignored: readonly Ignored[];
  /** What the operator should look into, in words without content. */
  readonly warnings: readonly string[];
  /** `ts` is when the request came, so a repeat has another one: it is not a conflict. */
  readonly timedByReceipt: boolean;
}

export interface Ignored {
  /** The sender's own name of it, such as `statuses`; `incomplete` is a message without what identifies it. */
  readonly kind: string;
  readonly count: number;
}
