import type { Header, Schema } from "./openapi.ts";
import { NDJSON_TYPE } from "./media-types.ts";
import { WITH_BODY } from "./headers.ts";
import { MESSAGE_EXAMPLE } from "./message.ts";
import { PAYLOAD } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { beyondNewest } from "./refusals.ts";
import { errorResponse, response, validationResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

const PLACE: Schema = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const LINE = JSON.stringify({ seq: 17, ...MESSAGE_EXAMPLE });

const HEADERS_OF_TAIL: Readonly<Record<string, Header>> = {
  "Tail-After": { description: "The `seq` behind which it begins.", required: true, schema: PLACE, examples: { place: { value: 16 } } },
  "X-Accel-Buffering": {
    description: "Tells nginx to hand on each message at once.",
    required: true,
    schema: { type: "string", const: "no" },
  },
};

/** `GET /tail` */
export const TAIL: Operation = {
  method: "GET",
  path: "/tail",
  tag: "Messages",
  access: "token",
  summary: "Messages as they are committed",
  description: `In the order of commits, which \`seq\` counts: those behind \`after\`, then each new one as it comes. Reconnect with \`after\` set to the last \`seq\`: no gaps, no duplicates.

Server-sent events where \`Accept\` prefers them, with \`seq\` as their id, and a comment every 15 s without a message; NDJSON has a blank line then. 64 tails may be open. If all are, a new one gets the place of the oldest that has been open for a minute; if there is none, it is 503. A client that takes nothing for 30 s is cut off, and a stop of the service ends every tail.`,
  parameters: [
    {
      name: "after",
      in: "query",
      required: false,
      description: "The last `seq` seen; 0 is before the first message. Absent, it begins with the next message.",
      schema: PLACE,
      examples: { start: { value: 0 } },
    },
    {
      name: "Last-Event-ID",
      in: "header",
      required: false,
      description: "The same, as browsers send it when they connect again; wins over `after`.",
      schema: PLACE,
      examples: { seen: { value: 17 } },
    },
    PAYLOAD,
  ],
  responses: {
    200: {
      description: "Messages, for as long as the connection lasts.",
      headers: { ...WITH_BODY, ...HEADERS_OF_TAIL },
      content: {
        [NDJSON_TYPE]: {
          schema: { description: "A message a line; a blank line only tells that the connection is alive.", type: "string", contentMediaType: NDJSON_TYPE, contentSchema: schema("SequencedMessage") },
          examples: { line: { value: `${LINE}\n` } },
        },
        "text/event-stream": {
          schema: { description: "The data of each event is the line that NDJSON has.", type: "string", pattern: "^id: [0-9]+\\n" },
          examples: { event: { value: `id: 16\n\nid: 17\ndata: ${LINE}\n\n` } },
        },
      },
    },
    401: response("Unauthorized"),
    409: errorResponse("No message has that `seq`: the store has gone back, as after a restore.", { beyond: beyondNewest(16) }),
    422: validationResponse("`after` or `Last-Event-ID` is no place.", {
      after: {
        value: {
          detail: [
            {
              loc: ["query", "after"],
              msg: `Value is not a whole number: must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER} in decimal digits`,
              type: "int_parsing",
            },
          ],
        },
      },
    }),
  },
};
