import type { Schema } from "../../core/openapi.ts";
import type { Operation } from "./operation.ts";
import { jsonResponse, response, validationResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

export const MESSAGE_EXAMPLE = {
  message_id: "m1",
  from: "+919876543210",
  to: "+14155550100",
  ts: "2025-01-15T10:00:00Z",
  text: "Hello",
  created_at: "2025-01-15T10:00:00.412Z",
};

const PAGE: Schema = {
  type: "object",
  required: ["data", "total", "limit", "offset"],
  properties: {
    data: { type: "array", maxItems: 100, items: schema("Message") },
    total: { ...schema("Count"), description: "How many messages match the filters, whatever the page." },
    limit: { type: "integer", minimum: 1, maximum: 100 },
    offset: schema("Count"),
  },
};

/** `GET /messages` */
export const LIST_MESSAGES: Operation = {
  method: "GET",
  path: "/messages",
  id: "listMessages",
  tag: "Messages",
  access: "token",
  summary: "List messages, a page at a time",
  description: `In the order of time, then of \`message_id\` by code point. Every filter that is given must match.

In \`q\` a \`+\` is a space; elsewhere it is a plus sign, so \`from=+919876543210\` works as typed. \`%2B\` is a plus sign everywhere. Of a repeated parameter the last counts, and unknown ones are ignored.`,
  parameters: [
    {
      name: "limit",
      in: "query",
      required: false,
      description: "The most messages of the page.",
      schema: { type: "integer", minimum: 1, maximum: 100, default: 50 },
    },
    {
      name: "offset",
      in: "query",
      required: false,
      description: "So many messages are passed over.",
      schema: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
    },
    {
      name: "from",
      in: "query",
      required: false,
      description: "Exactly this sender.",
      schema: { type: "string" },
      examples: { sender: { value: "+919876543210" } },
    },
    {
      name: "since",
      in: "query",
      required: false,
      description: "Messages of that instant or later, by `ts`.",
      schema: { type: "string", format: "date-time" },
      examples: { utc: { value: "2025-01-15T10:00:00Z" }, zone: { value: "2025-01-15T15:30:00+05:30" } },
    },
    {
      name: "q",
      in: "query",
      required: false,
      description: "Part of `text`, whatever its case, in every script; no character is special. Empty is no filter.",
      schema: { type: "string" },
      examples: { part: { value: "hello" } },
    },
  ],
  responses: {
    200: jsonResponse("A page.", PAGE, { examples: { page: { value: { data: [MESSAGE_EXAMPLE], total: 1, limit: 50, offset: 0 } } } }),
    401: response("Unauthorized"),
    422: validationResponse("Broken parameters.", {
      limit: {
        value: {
          detail: [
            { loc: ["query", "limit"], msg: "Number is too small: must be a whole number from 1 to 100 in decimal digits", type: "greater_than_equal" },
          ],
        },
      },
    }),
  },
};

/** `GET /messages/{message_id}` */
export const GET_MESSAGE: Operation = {
  method: "GET",
  path: "/messages/{message_id}",
  id: "getMessage",
  tag: "Messages",
  access: "token",
  summary: "Get one message",
  description: "By its `message_id`.",
  parameters: [
    {
      name: "message_id",
      in: "path",
      required: true,
      description: "Percent-encoded, whatever it holds: `order/7` is `order%2F7`, and `.` is `%2E` where the id is nothing else.",
      schema: schema("MessageId"),
      examples: { id: { value: "m1" } },
    },
  ],
  responses: {
    200: jsonResponse("The message.", schema("Message"), { examples: { message: { value: MESSAGE_EXAMPLE } } }),
    401: response("Unauthorized"),
    404: response("NotFound"),
    422: response("BrokenPath"),
  },
};
