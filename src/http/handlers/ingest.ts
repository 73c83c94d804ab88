import type { MessageStore } from "../../core/store.ts";
import type { Refusal } from "../../core/outcome.ts";
import type { Verify } from "../../signature/verify.ts";
import { parseMessage } from "../../validation/message.ts";
import type { Handler, Reply, Request } from "../message.ts";
import type { RateLimit } from "../rate-limit.ts";
import { refuse } from "../respond.ts";

export interface IngestOptions {
  readonly store: Pick<MessageStore, "insert">;
  readonly verify: Verify;
  readonly rateLimit: RateLimit;
}

const STORED = '{"status":"ok"}';

/**
 * `POST /webhook`: rate limit, size, signature, JSON and fields, storage, in this order; the first that fails answers.
 * 200 is given only for what is committed and synced, and for every repeat of it: some senders retry on
 * any other status, 201 and 204 included.
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

    const parsed = parseMessage(body.value);
    if (!parsed.ok) {
      const { errors, messageId } = parsed.error;
      const refused = refuse({ code: "validation_error", detail: errors });
      return { ...refused, delivery: { result: "validation_error", signature, ...(messageId !== undefined && { messageId }) } };
    }
    const message = parsed.value;
    const { messageId } = message;

    const outcome = await store.insert(message);
    switch (outcome) {
      case "created": {
        const lagSeconds = (request.receivedAtMs - message.tsMs) / 1000;
        return { status: 200, body: STORED, delivery: { result: "created", messageId, signature, lagSeconds } };
      }
      case "duplicate":
        return { status: 200, body: STORED, delivery: { result: "duplicate", messageId, signature } };
      case "conflict":
        return { status: 200, body: STORED, delivery: { result: "duplicate", conflict: true, messageId, signature } };
      case "unavailable":
        return { ...refuse(NOT_STORED), delivery: { result: "unavailable", messageId, signature } };
      case "unknown":
        return { ...refuse(NOT_STORED), unanswered: true, delivery: { result: "unavailable", messageId, signature } };
    }
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
const NOT_STORED: Refusal = {
  code: "unavailable",
  detail: "the message could not be stored, send it again later",
  headers: { "Retry-After": "1" },
};

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
