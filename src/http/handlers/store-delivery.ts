import { REFUSALS } from "../../api/refusals.ts";
import type { DeliveryCounts } from "../../core/exchange.ts";
import type { SecretName } from "../../core/outcome.ts";
import type { InsertOutcome, MessageStore } from "../../core/store.ts";
import type { Delivery } from "../../senders/delivery.ts";
import type { Reply } from "../message.ts";
import { refuse } from "../respond.ts";

export interface StoreDeliveryOptions {
  readonly store: Pick<MessageStore, "insertAll">;
  /** When the request came, in milliseconds since the epoch. */
  readonly receivedAtMs: number;
  readonly signature: SecretName;
  /** The response to the sender once all of it is stored. */
  readonly acknowledgement: Pick<Reply, "body" | "contentType">;
}

/**
 * Stores the messages of a delivery. 200 is given only for what is committed and synced, and for every repeat of it;
 * also if there was nothing to store. Refuses with 503 if any message is not stored; if nobody can know, with no response.
 */
export async function storeDelivery(delivery: Delivery, options: StoreDeliveryOptions): Promise<Reply> {
  const { store, receivedAtMs, signature, acknowledgement } = options;
  const { messages, warnings } = delivery;
  const [first] = messages;
  const facts = {
    signature,
    ...(messages.length === 1 && first !== undefined && { messageId: first.messageId }),
    ...(warnings.length > 0 && { warnings }),
  };
  const outcomes = messages.length === 0 ? [] : await store.insertAll(messages);
  if (outcomes.includes("in_doubt")) return { ...NOT_STORED, unanswered: true, delivery: { ...facts, result: "unavailable" } };
  if (outcomes.includes("unavailable")) return { ...NOT_STORED, delivery: { ...facts, result: "unavailable" } };

  const counts = countsOf(delivery, outcomes);
  if (counts.created === 0) return { status: 200, ...acknowledgement, delivery: { ...facts, result: "duplicate", counts } };
  const lagSeconds = messages.filter((_, index) => outcomes[index] === "created").map(({ tsMs }) => (receivedAtMs - tsMs) / 1000);
  return { status: 200, ...acknowledgement, delivery: { ...facts, result: "created", counts, lagSeconds } };
}

function countsOf({ format, ignored, timedByReceipt }: Delivery, outcomes: readonly InsertOutcome[]): DeliveryCounts {
  const of = (wanted: InsertOutcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  const [duplicates, conflicts] = [of("duplicate"), of("conflict")];
  return {
    format,
    created: of("created"),
    duplicates: timedByReceipt ? duplicates + conflicts : duplicates,
    conflicts: timedByReceipt ? 0 : conflicts,
    ignored: ignored.reduce((sum, { count }) => sum + count, 0),
  };
}

const NOT_STORED: Reply = refuse(REFUSALS.notStored);
