import type { Schema } from "./openapi.ts";
import { headers } from "./headers.ts";
import type { Operation } from "./operation.ts";
import { REFUSALS } from "./refusals.ts";
import { jsonResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

const TAG = "Health and metrics";
const OK = { examples: { ok: { value: { status: "ok" } } } };

/** `GET /health/live` */
export const LIVE: Operation = {
  method: "GET",
  path: "/health/live",
  tag: TAG,
  access: "open",
  summary: "Whether the process runs",
  description: "Does not use the database.",
  parameters: [],
  responses: { 200: jsonResponse("It runs.", schema("Ok"), OK) },
};

/** The schema `NotReady`. */
export const NOT_READY: Schema = {
  description: "Why messages cannot be stored now.",
  type: "object",
  required: ["status", "reasons"],
  properties: { status: { type: "string", const: "unavailable" }, reasons: { type: "array", minItems: 1, items: { type: "string" } } },
};

/** `GET /health/ready` */
export const READY: Operation = {
  method: "GET",
  path: "/health/ready",
  tag: TAG,
  access: "open",
  summary: "Whether messages can be stored",
  description: "Proves that the database can be read and written. Not ready once a stop has begun.",
  parameters: [],
  responses: {
    200: jsonResponse("Messages can be stored.", schema("Ok"), OK),
    503: jsonResponse(
      "Messages cannot be stored; or, with `detail`, too many requests wait on this connection.",
      { oneOf: [schema("NotReady"), schema("ErrorBody")] },
      {
        examples: {
          full: { value: { status: "unavailable", reasons: ["database or disk is full"] } },
          pipelined: { value: { detail: REFUSALS.pipelined.detail } },
        },
        headers: headers("Retry-After"),
      },
    ),
  },
};
