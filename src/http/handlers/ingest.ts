import type { MessageStore } from "../../core/store.ts";
import { readJsonDelivery } from "../../senders/json-senders.ts";
import type { Verify } from "../../signature/verify.ts";
import type { Handler } from "../message.ts";
import type { RateLimit } from "../rate-limit.ts";
import { refuse } from "../respond.ts";
import { limitDeliveries, refuseDelivery, refuseSignature } from "./deliveries.ts";
import { storeDelivery } from "./store-delivery.ts";

export interface IngestOptions {
  readonly store: Pick<MessageStore, "insertAll">;
  readonly verify: Verify;
  readonly rateLimit: RateLimit;
}

const STORED = { body: '{"status":"ok"}' };

/**
 * `POST /webhook`: rate limit, size, signature, the sender's format, storage, in this order; the first failure determines the
 * response. Success is always 200: some senders retry on any other status, even 201 and 204.
 */
export function createIngest({ store, verify, rateLimit }: IngestOptions): Handler {
  return limitDeliveries(rateLimit, async (request) => {
    const body = await request.readBody();
    if (!body.ok) return refuseDelivery(body.error);

    const verification = verify(body.value, request.headers);
    if (!verification.ok) return refuseSignature(verification);
    const signature = verification.secret;

    const read = readJsonDelivery(body.value);
    if (!read.ok) {
      const { errors, messageId } = read.error;
      const refused = refuse({ code: "validation_error", detail: errors });
      return { ...refused, delivery: { result: "validation_error", signature, ...(messageId !== undefined && { messageId }) } };
    }

    const { receivedAtMs, erasure } = request;
    return storeDelivery(read.value, { store, receivedAtMs, erasure, signature, acknowledgement: STORED });
  });
}
