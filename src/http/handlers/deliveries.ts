import { REFUSALS, tooManyRequests } from "../../api/refusals.ts";
import type { Refusal } from "../../core/outcome.ts";
import type { Verification } from "../../signature/verify.ts";
import type { Handler, Reply, Request } from "../message.ts";
import type { RateLimit } from "../rate-limit.ts";
import { refuse } from "../respond.ts";

/** Takes deliveries up to the rate limit of each address; every response carries what is left of it. */
export function limitDeliveries(rateLimit: RateLimit, deliver: (request: Request) => Promise<Reply>): Handler {
  return async (request) => {
    const admission = rateLimit(request.clientAddress);
    const { headers } = admission;
    if (!admission.ok) {
      return withHeaders({ ...refuse(tooManyRequests(admission.retryAfterSeconds)), delivery: { result: "rate_limited" } }, headers);
    }
    return headers === undefined ? deliver(request) : withHeaders(await deliver(request), headers);
  };
}

/** A body that never completed is not a delivery: there is nothing to say about a message. */
export function refuseDelivery(refusal: Refusal): Reply {
  const reply = refuse(refusal);
  const { code } = refusal;
  return code === "too_large" || code === "unavailable" ? { ...reply, delivery: { result: code } } : reply;
}

/** The response gives no reason; the log has it, with the hint. */
export function refuseSignature({ reason, hint }: Extract<Verification, { ok: false }>): Reply {
  return {
    ...refuse(REFUSALS.invalidSignature),
    delivery: { result: "invalid_signature", signature: reason, ...(hint !== undefined && { hint }) },
  };
}

function withHeaders(reply: Reply, headers: Reply["headers"]): Reply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
