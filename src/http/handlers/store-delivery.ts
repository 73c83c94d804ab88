import { REFUSALS } from "../../api/refusals.ts";
import type { DeliveryCounts } from "../../core/exchange.ts";
import type { SecretName } from "../../core/outcome.ts";
import type { MessageStore } from "../../core/store.ts";
import type { Delivery } from "../../senders/delivery.ts";
import type { Response } from "../message.ts";
import { refuse } from "../respond.ts";

export interface StoreDeliveryOptions {
  readonly store: Pick<MessageStore, "insertAll">;
  /** When the request arrived, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  readonly signature: SecretName;
  /** The response to the sender once all messages are stored. */
  readonly acknowledgement: Pick<Response, "body" | "contentType">;
}

/**
 * Stores the messages of a delivery. Responds 200 only for what is committed and synced, for every repeat of it, and if there
 * was nothing to store. Refuses with 503 if any message is not stored; closes the connection without a response if nobody
 * knows.
 */
export async function storeDelivery(delivery: Delivery, options: StoreDeliveryOptions): Promise<Response> {
  const { store, receivedAtMs, signature, acknowledgement } = options;
  const { messages, warnings } = delivery;
  const facts = {
    signature,
    messageId: messages.length === 1 ? messages[0]?.messageId : undefined,
    warnings: warnings.length > 0 ? warnings : undefined,
  };
  const outcomes = messages.length === 0 ? [] : await store.insertAll(messages);
  if (outcomes.includes("in_doubt")) return { ...NOT_STORED, inDoubt: true, delivery: { ...facts, result: "unavailable" } };
  if (outcomes.includes("unavailable")) return { ...NOT_STORED, delivery: { ...facts, result: "unavailable" } };

  const lagSeconds: number[] = [];
  let duplicates = 0;
  let conflicts = 0;
  messages.forEach(({ tsMs }, index) => {
    const outcome = outcomes[index];
    if (outcome === "created") lagSeconds.push((receivedAtMs - tsMs) / 1000);
    // If `ts` is the time of receipt, a repeat differs from the stored message in nothing else.
    else if (outcome === "conflict" && !delivery.timedByReceipt) conflicts += 1;
    else duplicates += 1;
  });
  const created = lagSeconds.length;
  let ignored = 0;
  for (const { count } of delivery.ignored) ignored += count;
  const counts: DeliveryCounts = { format: delivery.format, created, duplicates, conflicts, ignored };
  const result = created === 0 ? "duplicate" : "created";
  const { body, contentType } = acknowledgement;
  return { status: 200, body, contentType, delivery: { ...facts, result, counts, lagSeconds } };
}

const NOT_STORED: Response = refuse(REFUSALS.notStored);
