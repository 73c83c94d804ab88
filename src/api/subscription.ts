import { WITH_BODY } from "./headers.ts";
import type { Operation } from "./operation.ts";
import { REFUSALS } from "./refusals.ts";
import { errorResponse } from "./responses.ts";

/** `GET /webhook` */
export const SUBSCRIPTION: Operation = {
  method: "GET",
  path: "/webhook",
  tag: "Webhook",
  access: "open",
  summary: "Confirm a webhook subscription",
  description: "Meta's platform sends this request to verify an address before it delivers there. "
    + "If `hub.verify_token` equals `WEBHOOK_VERIFY_TOKEN`, the response is the challenge.\n\n"
    + "If a parameter is repeated, the last value wins. A `+` is a plus sign.",
  parameters: [
    {
      name: "hub.mode",
      in: "query",
      required: true,
      description: "The kind of request.",
      schema: { type: "string", enum: ["subscribe"] },
      examples: { subscribe: { value: "subscribe" } },
    },
    {
      name: "hub.verify_token",
      in: "query",
      required: true,
      description: "The verify token that was entered on the platform.",
      schema: { type: "string" },
      examples: { token: { value: "a-random-string" } },
    },
    {
      name: "hub.challenge",
      in: "query",
      required: true,
      description: "The text to return.",
      schema: { type: "string", pattern: "^[A-Za-z0-9_-]{1,256}$" },
      examples: { challenge: { value: "1158201444" } },
    },
  ],
  responses: {
    200: {
      description: "The challenge.",
      headers: WITH_BODY,
      content: {
        "text/plain; charset=utf-8": {
          schema: { type: "string", pattern: "^[A-Za-z0-9_-]{1,256}$" },
          examples: { challenge: { value: "1158201444" } },
        },
      },
    },
    403: errorResponse("The mode, token or challenge is missing or wrong, or `WEBHOOK_VERIFY_TOKEN` is not set.", {
      token: REFUSALS.wrongVerifyToken,
      unset: REFUSALS.subscriptionsUnset,
    }),
  },
};
