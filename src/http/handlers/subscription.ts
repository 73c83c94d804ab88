import { REFUSALS } from "../../api/refusals.ts";
import type { Handler, Response } from "../message.ts";
import { refuse } from "../respond.ts";
import { createSameToken } from "../same-token.ts";

const CHALLENGE = /^[A-Za-z0-9_-]{1,256}$/;

/**
 * `GET /webhook`: the handshake with which Meta's platform verifies an address before it sends there (Webhooks, "Verification
 * requests"). Returns `hub.challenge` as text if `hub.mode` is `subscribe` and `hub.verify_token` is the token, compared in
 * constant time. If a parameter is repeated, the last value wins. A `+` stands for itself.
 *
 * Every refusal is 403 with the reason: no token is configured, another mode, another token, or an invalid challenge. Only a
 * challenge of 1 to 256 of the characters `A-Z a-z 0-9 _ -` is sent back, so that the response cannot carry other content.
 */
export function createSubscription(verifyToken: string | undefined): Handler {
  if (verifyToken === undefined) return () => refuse(REFUSALS.subscriptionsUnset);
  const isToken = createSameToken(verifyToken);
  return ({ query }) => {
    const parameters = new URLSearchParams(`&${query.replaceAll("+", "%2B")}`);
    const last = (name: string): string | undefined => parameters.getAll(name).at(-1);
    if (last("hub.mode") !== "subscribe") return forbid("hub.mode must be subscribe");
    const token = last("hub.verify_token");
    if (token === undefined) return forbid("hub.verify_token must be given");
    if (!isToken(token)) return refuse(REFUSALS.wrongVerifyToken);
    const challenge = last("hub.challenge") ?? "";
    if (!CHALLENGE.test(challenge)) return forbid("hub.challenge must be 1 to 256 of the characters A-Z a-z 0-9 _ -");
    return { status: 200, body: challenge, contentType: "text/plain; charset=utf-8" };
  };
}

function forbid(detail: string): Response {
  return refuse({ code: "forbidden", detail });
}
