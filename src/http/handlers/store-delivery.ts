import { REFUSALS } from "../../api/refusals.ts";
import type { SecretName } from "../../core/outcome.ts";
import type { InsertOutcome, MessageStore } from "../../core/store.ts";
import type { Delivery } from "../../senders/delivery.ts";
import type { Request, Response } from "../message.ts";
import { refuse } from "../respond.ts";

export interface StoreDeliveryOptions {
  readonly store: Pick<MessageStore, "insertAll">;
  /** When the request arrived, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  /** See `Request`. */
  readonly erasure: Request["erasure"];
  readonly signature: SecretName;
  /** The response to the sender once all messages are stored. */
  readonly acknowledgement: Pick<Response, "body" | "contentType">;
}

/**
 * Stores the messages of a delivery. Responds 200 only after each is committed and synced, now or by an earlier delivery, or if
 * there is nothing to store. Refuses with 503 if any message is not stored; closes the connection without a response if that is
 * unknown.
 */
export async function storeDelivery(delivery: Delivery, options: StoreDeliveryOptions): Promise<Response> {
  const { messages } = delivery;
  // After the signature is checked, so that only senders with a secret can make the service hold messages during an erasure.
  if (options.erasure !== undefined) await options.erasure;
  return toResponse(delivery, messages.length === 0 ? [] : await options.store.insertAll(messages), options);
}

/** Allocates little: at thousands of deliveries a second, the garbage collector is a tenth of the CPU time. */
function toResponse(delivery: Delivery, outcomes: readonly InsertOutcome[], options: StoreDeliveryOptions): Response {
  const { format, messages, timedByReceipt } = delivery;
  const { receivedAtMs, signature, acknowledgement } = options;
  const messageId = messages.length === 1 ? messages[0]?.messageId : undefined;
  const warnings = delivery.warnings.length > 0 ? delivery.warnings : undefined;
  const inDoubt = outcomes.includes("in_doubt");
  if (inDoubt || outcomes.includes("unavailable")) {
    return { ...NOT_STORED, inDoubt, delivery: { result: "unavailable", messageId, signature, warnings } };
  }

  let created = 0;
  let duplicates = 0;
  let conflicts = 0;
  for (const outcome of outcomes) {
    if (outcome === "created") created += 1;
    // If `ts` is the time of receipt, a repeat differs from the stored message in nothing else.
    else if (outcome === "conflict" && !timedByReceipt) conflicts += 1;
    else duplicates += 1;
  }
  let ignored = 0;
  for (const { count } of delivery.ignored) ignored += count;
  const stored = created === messages.length ? messages : messages.filter((_message, index) => outcomes[index] === "created");
  return {
    status: 200,
    body: acknowledgement.body,
    contentType: acknowledgement.contentType,
    delivery: {
      result: created === 0 ? "duplicate" : "created",
      messageId,
      counts: { format, created, duplicates, conflicts, ignored },
      signature,
      lagSeconds: stored.map(({ tsMs }) => (receivedAtMs - tsMs) / 1000),
      warnings,
    },
  };
}

const NOT_STORED: Response = refuse(REFUSALS.notStored);
