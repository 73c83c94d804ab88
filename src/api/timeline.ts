import type { Schema } from "./openapi.ts";
import { FROM, Q, SINCE, TO, UNTIL } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { jsonResponse, response, validationResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

const BUCKET: Schema = { type: "string", enum: ["hour", "day"] };

/** The schema `Timeline`. */
export const TIMELINE: Schema = {
  description: "The number of messages in each hour or day.",
  type: "object",
  required: ["bucket", "data", "truncated"],
  properties: {
    bucket: BUCKET,
    data: {
      description: "Oldest first; hours or days without a message are left out.",
      type: "array",
      maxItems: 10_000,
      items: {
        type: "object",
        required: ["start", "count"],
        properties: {
          start: { ...schema("Timestamp"), description: "The first instant of the hour or day, in UTC." },
          count: { type: "integer", format: "int64", minimum: 1 },
        },
      },
    },
    truncated: { description: "Whether older hours or days were left out because of `limit`.", type: "boolean" },
  },
};

/** `GET /stats/timeline` */
export const GET_TIMELINE: Operation = {
  method: "GET",
  path: "/stats/timeline",
  tag: "Statistics",
  access: "token",
  summary: "Count messages by hour or day",
  description: "By `ts`. Exact for every filter, even if `since` or `until` falls within an hour or a day. "
    + "With `to` or `q`, every message between `since` and `until` may be examined.",
  parameters: [
    { name: "bucket", in: "query", required: false, description: "The length of a bucket.", schema: { ...BUCKET, default: "hour" } },
    {
      name: "utc_offset",
      in: "query",
      required: false,
      description: "Hours and days begin as on clocks with this offset from UTC. "
        + "If those clocks change within the range, request the parts before and after the change separately, each with its own offset.",
      schema: { type: "string", pattern: "^[+-]([01][0-9]|2[0-3]):[0-5][0-9]$", default: "+00:00" },
      examples: { india: { value: "+05:30" } },
    },
    SINCE,
    UNTIL,
    FROM,
    TO,
    Q,
    {
      name: "limit",
      in: "query",
      required: false,
      description: "The maximum number of hours or days; the newest are kept.",
      schema: { type: "integer", minimum: 1, maximum: 10_000, default: 1_000 },
    },
  ],
  responses: {
    200: jsonResponse("The counts.", schema("Timeline"), {
      examples: { day: { value: { bucket: "day", data: [{ start: "2025-01-15T00:00:00Z", count: 1 }], truncated: false } } },
    }),
    401: response("Unauthorized"),
    422: validationResponse("Invalid parameters.", {
      bucket: { value: { detail: [{ loc: ["query", "bucket"], msg: "Value is not allowed: must be hour or day", type: "enum" }] } },
    }),
  },
};
