import type { Header, Schema } from "./openapi.ts";
import { NDJSON_TYPE } from "./media-types.ts";
import { WITH_BODY } from "./headers.ts";
import { MESSAGE_EXAMPLE } from "./message.ts";
import { PAYLOAD } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { beyondNewest, otherGeneration } from "./refusals.ts";
import { errorResponse, response, validationResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

const PLACE: Schema = { type: "integer", format: "int64", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const GENERATION = "13af2b3f-0b25-44bf-ba70-f576ce0973cc";
const LINE = JSON.stringify({ seq: 17, ...MESSAGE_EXAMPLE });

const HEADERS_OF_PLACE: Readonly<Record<string, Header>> = {
  "Tail-After": {
    description: "The `seq` after which the tail begins; in a 409, one after which nothing is missed.",
    required: true,
    schema: PLACE,
    examples: { position: { value: 16 } },
  },
  "Tail-Generation": {
    description: "The store's generation, to which the `seq` belongs. It changes after a restore.",
    required: true,
    schema: { type: "string" },
    examples: { present: { value: GENERATION } },
  },
};

const HEADERS_OF_TAIL: Readonly<Record<string, Header>> = {
  ...HEADERS_OF_PLACE,
  "X-Accel-Buffering": {
    description: "Makes nginx forward each message immediately, without buffering.",
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
  description: `In commit order, which is that of \`seq\`: the messages after \`after\`, then each new one as it comes. Reconnect with \`after\` set to the last \`seq\` and \`generation\` to the \`Tail-Generation\` of the response: no gaps, no duplicates. A 409 means that the store has gone back, as after a restore: continue with its \`Tail-After\` and \`Tail-Generation\`.

Server-sent events if \`Accept\` prefers them, with the generation, a dot and \`seq\` as their id, and a comment every 15 s without a message; NDJSON has a blank line then. 64 tails may be open. If all are, a new one replaces the oldest that has been open for at least a minute; if there is none, it gets a 503. A client that reads nothing for 30 s is disconnected, and a stop of the service ends every tail.`,
  parameters: [
    {
      name: "after",
      in: "query",
      required: false,
      description: "The last `seq` seen; 0 is before the first message. If it is absent, the tail begins with the next message.",
      schema: PLACE,
      examples: { start: { value: 0 } },
    },
    {
      name: "generation",
      in: "query",
      required: false,
      description: "The `Tail-Generation` of the response that gave that `seq`. If it is absent, the present generation is assumed.",
      schema: { type: "string" },
      examples: { present: { value: GENERATION } },
    },
    {
      name: "Last-Event-ID",
      in: "header",
      required: false,
      description: "The id of the last event, as browsers send it when they reconnect, or only a `seq`; takes precedence over `after`.",
      schema: { type: "string" },
      examples: { seen: { value: `${GENERATION}.17` } },
    },
    PAYLOAD,
  ],
  responses: {
    200: {
      description: "Messages, for as long as the connection lasts.",
      headers: { ...WITH_BODY, ...HEADERS_OF_TAIL },
      content: {
        [NDJSON_TYPE]: {
          schema: { description: "One message per line; a blank line only shows that the connection is alive.", type: "string", contentMediaType: NDJSON_TYPE, contentSchema: schema("SequencedMessage") },
          examples: { line: { value: `${LINE}\n` } },
        },
        "text/event-stream": {
          schema: {
            description: "The data of each event is a line of NDJSON.",
            type: "string",
            pattern: "^id: [^\\n]+\\.[0-9]+\\n",
          },
          examples: { event: { value: `id: ${GENERATION}.16\n\nid: ${GENERATION}.17\ndata: ${LINE}\n\n` } },
        },
      },
    },
    401: response("Unauthorized"),
    409: errorResponse(
      "No message has that `seq`, or it belongs to another generation: the store has gone back, for example after a restore.",
      { other: otherGeneration(16, { after: 16, generation: GENERATION }), beyond: beyondNewest(16, GENERATION) },
      HEADERS_OF_PLACE,
    ),
    422: validationResponse("`after` or `Last-Event-ID` is not a position.", {
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
