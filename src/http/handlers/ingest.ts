import type { MessageStore } from "../../core/store.ts";
import type { Refusal } from "../../core/outcome.ts";
import type { Verify } from "../../signature/verify.ts";
import { readJsonDelivery } from "../../senders/json-senders.ts";
import type { Handler, Reply, Request } from "../message.ts";
import type { RateLimit } from "../rate-limit.ts";
import { refuse } from "../respond.ts";
import { storeDelivery } from "./store-delivery.ts";

export interface IngestOptions {
  readonly store: Pick<MessageStore, "insert">;
  readonly verify: Verify;
  readonly rateLimit: RateLimit;
}

const STORED = { body: '{"status":"ok"}' };

/**
 * `POST /webhook`: rate limit, size, signature, the sender's format, storage, in this order; the first that fails answers.
 * Some senders retry on any other status than 200, 201 and 204 included.
 */
export function createIngest(options: IngestOptions): Handler {
  const { store, verify, rateLimit } = options;

  async function deliver(request: Request): Promise<Reply> {
    const body = await request.readBody();
    if (!body.ok) return refuseBody(body.error);

    const verification = verify(body.value, request.headers);
    if (!verification.ok) {
      const { reason, hint } = verification;
      return { ...refuse(INVALID_SIGNATURE), delivery: { result: "invalid_signature", signature: reason, ...(hint !== undefined && { hint }) } };
    }
    const signature = verification.secret;

    const read = readJsonDelivery(body.value);
    if (!read.ok) {
      const { errors, messageId } = read.error;
      const refused = refuse({ code: "validation_error", detail: errors });
      return { ...refused, delivery: { result: "validation_error", signature, ...(messageId !== undefined && { messageId }) } };
    }

    return storeDelivery(read.value, { store, receivedAtMs: request.receivedAtMs, signature, acknowledgement: STORED });
  }

  return async (request) => {
    const admission = rateLimit(request.clientAddress);
    const { headers } = admission;
    if (!admission.ok) {
      return withHeaders({ ...refuse(tooMany(admission.retryAfterSeconds)), delivery: { result: "rate_limited" } }, headers);
    }
    return headers === undefined ? deliver(request) : withHeaders(await deliver(request), headers);
  };
}

function withHeaders(reply: Reply, headers: Reply["headers"]): Reply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

const INVALID_SIGNATURE: Refusal = { code: "invalid_signature", detail: "invalid signature" };

function tooMany(retryAfterSeconds: number): Refusal {
  return {
    code: "rate_limited",
    detail: `too many requests, send again after ${retryAfterSeconds} s`,
    headers: { "Retry-After": String(retryAfterSeconds) },
  };
}

/** A body that never completed is no delivery: there is nothing to say about a message. */
function refuseBody(refusal: Refusal): Reply {
  const reply = refuse(refusal);
  const { code } = refusal;
  return code === "too_large" || code === "unavailable" ? { ...reply, delivery: { result: code } } : reply;
}
