import type { Schema } from "./openapi.ts";
import type { Operation } from "./operation.ts";
import { jsonResponse, response } from "./responses.ts";
import { schema } from "./schemas.ts";

/** The schema `Stats`. */
export const STATS: Schema = {
  description: "The numbers of messages and senders.",
  type: "object",
  required: ["total_messages", "senders_count", "messages_per_sender", "first_message_ts", "last_message_ts"],
  properties: {
    total_messages: schema("Count"),
    senders_count: schema("Count"),
    messages_per_sender: {
      description: "The ten largest senders, by count, then by number.",
      type: "array",
      maxItems: 10,
      items: {
        type: "object",
        required: ["from", "count"],
        properties: { from: schema("Party"), count: { type: "integer", format: "int64", minimum: 1 } },
      },
    },
    first_message_ts: { description: "The earliest `ts`, or null without messages.", oneOf: [schema("Timestamp"), { type: "null" }] },
    last_message_ts: { description: "The latest `ts`, or null without messages.", oneOf: [schema("Timestamp"), { type: "null" }] },
  },
};

/** `GET /stats` */
export const GET_STATS: Operation = {
  method: "GET",
  path: "/stats",
  tag: "Statistics",
  access: "token",
  summary: "Count messages and senders",
  description: "Costs the same for ten messages as for ten million.",
  parameters: [],
  responses: {
    200: jsonResponse("The counts.", schema("Stats"), {
      examples: {
        one: {
          summary: "One message",
          value: {
            total_messages: 1,
            senders_count: 1,
            messages_per_sender: [{ from: "+919876543210", count: 1 }],
            first_message_ts: "2025-01-15T10:00:00Z",
            last_message_ts: "2025-01-15T10:00:00Z",
          },
        },
        empty: {
          summary: "No messages",
          value: { total_messages: 0, senders_count: 0, messages_per_sender: [], first_message_ts: null, last_message_ts: null },
        },
      },
    }),
    401: response("Unauthorized"),
  },
};
