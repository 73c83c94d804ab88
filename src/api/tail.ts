import type { Header, Schema } from "./openapi.ts";
import { NDJSON_TYPE } from "./media-types.ts";
import { WITH_BODY } from "./headers.ts";
import { MESSAGE_EXAMPLE } from "./message.ts";
import { PAYLOAD } from "./messages.ts";
import type { Operation } from "./operation.ts";
import { beyondNewest, otherGeneration } from "./refusals.ts";
import { errorResponse, response, validationResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

const POSITION: Schema = { type: "integer", format: "int64", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const GENERATION = "13af2b3f-0b25-44bf-ba70-f576ce0973cc";
const LINE = JSON.stringify({ seq: 17, ...MESSAGE_EXAMPLE });

const POSITION_HEADERS: Readonly<Record<string, Header>> = {
  "Tail-After": {
    description: "The `seq` after which the tail begins. In a 409: a `seq` after which a new tail misses nothing.",
    required: true,
    schema: POSITION,
    examples: { position: { value: 16 } },
  },
  "Tail-Generation": {
    description: "The store's generation, to which the `seq` belongs. It changes after a restore.",
    required: true,
    schema: { type: "string" },
    examples: { present: { value: GENERATION } },
  },
};

const TAIL_HEADERS: Readonly<Record<string, Header>> = {
  ...POSITION_HEADERS,
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
  summary: "Follow messages as they are committed",
  description: "Messages in commit order, which is the order of `seq`: first those after `after`, then each new one as it is committed. "
    + "Reconnect with `after` set to the last `seq` and `generation` to the `Tail-Generation` of the response: no gaps, no duplicates. "
    + "A 409 means that the store has gone back to an earlier state, as after a restore: "
    + "continue with the `Tail-After` and `Tail-Generation` of that response.\n\n"
    + "NDJSON, or server-sent events if `Accept` prefers them. The id of an event is the generation, a dot and the `seq`. "
    + "After every 15 s without a message, NDJSON has a blank line and an event stream has a comment. At most 64 tails may be open. "
    + "A 65th replaces the oldest, if that has been open for at least a minute; otherwise it gets a 503. "
    + "A client that reads nothing is disconnected after 30 to 60 s. When the service stops, every tail ends.",
  parameters: [
    {
      name: "after",
      in: "query",
      required: false,
      description: "The last `seq` seen; 0 is before the first message. If `after` is absent, the tail begins with the next message.",
      schema: POSITION,
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
      headers: { ...WITH_BODY, ...TAIL_HEADERS },
      content: {
        [NDJSON_TYPE]: {
          schema: {
            description: "One message per line; a blank line only shows that the connection is alive.",
            type: "string",
            contentMediaType: NDJSON_TYPE,
            contentSchema: schema("SequencedMessage"),
          },
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
      "The `seq` is above that of the newest message, or belongs to another generation: the store has gone back, as after a restore.",
      { other: otherGeneration(16, { after: 16, generation: GENERATION }), beyond: beyondNewest(16, GENERATION) },
      POSITION_HEADERS,
    ),
    422: validationResponse("`after`, `payload` or `Last-Event-ID` is invalid.", {
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
