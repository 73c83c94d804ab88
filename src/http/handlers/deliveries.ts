import { REFUSALS, tooManyRequests } from "../../api/refusals.ts";
import type { Refusal } from "../../core/outcome.ts";
import type { Verification } from "../../signature/verify.ts";
import type { Handler, Request, Response } from "../message.ts";
import type { RateLimit } from "../rate-limit.ts";
import { refuse } from "../respond.ts";

/** Accepts deliveries up to the rate limit of each address; every response shows how much of the limit is left. */
export function limitDeliveries(rateLimit: RateLimit, deliver: (request: Request) => Promise<Response>): Handler {
  // Not async: without a limit, a further promise for each delivery would have no purpose.
  return (request) => {
    const admission = rateLimit(request.clientAddress);
    const { headers } = admission;
    if (!admission.ok) {
      return withHeaders({ ...refuse(tooManyRequests(admission.retryAfterSeconds)), delivery: { result: "rate_limited" } }, headers);
    }
    const delivered = deliver(request);
    return headers === undefined ? delivered : delivered.then((response) => withHeaders(response, headers));
  };
}

/** A body that never completed is not a delivery, so there is no message to report. */
export function refuseDelivery(refusal: Refusal): Response {
  const response = refuse(refusal);
  const { code } = refusal;
  return code === "too_large" || code === "unavailable" ? { ...response, delivery: { result: code } } : response;
}

/** The response gives no reason; the log has it, with the hint. */
export function refuseSignature({ reason, hint }: Extract<Verification, { ok: false }>): Response {
  return {
    ...refuse(REFUSALS.invalidSignature),
    delivery: { result: "invalid_signature", signature: reason, ...(hint !== undefined && { hint }) },
  };
}

function withHeaders(response: Response, headers: Response["headers"]): Response {
  return { ...response, headers: { ...response.headers, ...headers } };
}
