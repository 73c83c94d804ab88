import type { Header, Parameter, Schema } from "./openapi.ts";
import { CSV_TYPE, JSON_TYPE, NDJSON_TYPE } from "./media-types.ts";
import { WITH_BODY } from "./headers.ts";
import { MESSAGE_EXAMPLE } from "./message.ts";
import type { Operation } from "./operation.ts";
import { response, validationResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

const CURSOR: Schema = { type: "string", pattern: "^[A-Za-z0-9_-]+$", maxLength: 16384 };
const CURSOR_EXAMPLE = "WzEsImFzYyIsIjIwMjUtMDEtMTVUMTA6MDA6MDAiLCJtMSJd";

/** The schema `MessagePage`. */
export const PAGE: Schema = {
  description: "A page of the messages that match, and how many match.",
  type: "object",
  required: ["data", "total", "limit", "offset"],
  properties: {
    data: { type: "array", maxItems: 100, items: schema("Message") },
    total: { ...schema("Count"), description: "How many messages match the filters, on all pages." },
    limit: { type: "integer", minimum: 1, maximum: 100 },
    offset: schema("Count"),
    next_cursor: { ...CURSOR, description: "Present if there are more messages: the `cursor` of the next page." },
  },
};

const EXPORT_HEADERS: Readonly<Record<string, Header>> = {
  Link: {
    description: "In JSON, if there are more messages: the next page (RFC 8288), with the same parameters. Relative to the requested URL.",
    required: false,
    schema: { type: "string", pattern: '^<\\?[^>]+>; rel="next"$' },
    examples: { next: { value: `<?limit=1&cursor=${CURSOR_EXAMPLE}>; rel="next"` } },
  },
  "Content-Disposition": {
    description: "For CSV: makes a browser save it as a file.",
    required: false,
    schema: { type: "string", const: 'attachment; filename="messages.csv"' },
  },
};

/** The filters from `FROM` to `UNTIL` are shared with the timeline. */
export const FROM: Parameter = {
  name: "from",
  in: "query",
  required: false,
  description: "Exactly this sender.",
  schema: { type: "string" },
  examples: { sender: { value: "+919876543210" } },
};
export const TO: Parameter = {
  name: "to",
  in: "query",
  required: false,
  description: "Exactly this recipient. Without `from`, every message between `since` and `until` may be examined.",
  schema: { type: "string" },
  examples: { recipient: { value: "+14155550100" } },
};
export const Q: Parameter = {
  name: "q",
  in: "query",
  required: false,
  description: "Part of `text`, case-insensitive in every script; no character is special. Empty means no filter.",
  schema: { type: "string" },
  examples: { part: { value: "hello" } },
};
// `since` and `until` have no `format: date-time`: clients would take a value of their own date type and write it in another
// form, such as `+0000` for the zone, or without the digits after the milliseconds.
export const SINCE: Parameter = {
  name: "since",
  in: "query",
  required: false,
  description: "Messages at that instant or later, by `ts`: an RFC 3339 date-time with a zone.",
  schema: { type: "string" },
  examples: { utc: { value: "2025-01-15T10:00:00Z" }, zone: { value: "2025-01-15T15:30:00+05:30" } },
};
export const UNTIL: Parameter = {
  name: "until",
  in: "query",
  required: false,
  description: "Messages before that instant, by `ts`: an RFC 3339 date-time with a zone. The next range may begin at the same instant.",
  schema: { type: "string" },
  examples: { utc: { value: "2025-01-16T00:00:00Z" } },
};

/** Shared by exports and the tail. */
export const PAYLOAD: Parameter = {
  name: "payload",
  in: "query",
  required: false,
  description: "`1` adds the field `payload`: what a platform sent about each message, null for the service's own format. "
    + "Only in exports and in the tail.",
  schema: { type: "string", enum: ["0", "1"], default: "0" },
};

/** `GET /messages` */
export const LIST_MESSAGES: Operation = {
  method: "GET",
  path: "/messages",
  tag: "Messages",
  access: "token",
  summary: "List messages, or export all of them",
  description: "A message must match all filters given. "
    + "If there are more messages, `next_cursor` and the `Link` header lead to the next page. "
    + "Such pages neither repeat nor skip a message while others arrive, and every page costs the same, "
    + "except in the order of receipt with filters.\n\n"
    + "NDJSON and CSV contain all messages that match when the request arrives, and are streamed. "
    + "If an export fails, the connection is closed before the end of the response. "
    + "In CSV (RFC 4180) a cell that begins with one of `= + - @` (also full-width), a tab or a line end gets a `'` in front, "
    + "so that a spreadsheet does not take it for a formula.\n\n"
    + "In `q` a `+` is a space; elsewhere it is a plus sign, so `from=+919876543210` works as typed. `%2B` is a plus sign everywhere. "
    + "If a parameter is repeated, the last value wins; unknown parameters are ignored.",
  parameters: [
    {
      name: "limit",
      in: "query",
      required: false,
      description: "The maximum number of messages on the page.",
      schema: { type: "integer", minimum: 1, maximum: 100, default: 50 },
    },
    {
      name: "offset",
      in: "query",
      required: false,
      description: "The number of messages to skip.",
      schema: { type: "integer", format: "int64", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
    },
    FROM,
    TO,
    SINCE,
    UNTIL,
    Q,
    {
      name: "order",
      in: "query",
      required: false,
      description: "`asc` sorts by the instant of `ts`, then by the code points of `message_id`; `desc` is the reverse, newest first. "
        + "`received` is commit order, regardless of `ts`; `received-desc` is its reverse, which exports do not support.",
      schema: { type: "string", enum: ["asc", "desc", "received", "received-desc"], default: "asc" },
    },
    {
      name: "cursor",
      in: "query",
      required: false,
      description: "An unchanged `next_cursor` of a page in the same `order`: continues after that page. Cannot be combined with `offset`.",
      schema: CURSOR,
      examples: { next: { value: CURSOR_EXAMPLE } },
    },
    {
      name: "format",
      in: "query",
      required: false,
      description: "Takes precedence over `Accept`, which decides if `format` is absent. "
        + "`ndjson` and `csv` contain all messages that match, so they do not accept `limit` or `offset`.",
      schema: { type: "string", enum: ["json", "ndjson", "csv"] },
      examples: { csv: { value: "csv" } },
    },
    {
      name: "bom",
      in: "query",
      required: false,
      description: "`1`: CSV begins with a byte order mark, without which Excel does not read it as UTF-8.",
      schema: { type: "string", enum: ["0", "1"], default: "0" },
      examples: { excel: { value: "1" } },
    },
    PAYLOAD,
  ],
  responses: {
    200: {
      description: "In JSON, a page; in the other formats, all messages that match.",
      headers: { ...WITH_BODY, ...EXPORT_HEADERS },
      content: {
        [JSON_TYPE]: {
          schema: schema("MessagePage"),
          examples: {
            last: { summary: "The last page", value: { data: [MESSAGE_EXAMPLE], total: 1, limit: 50, offset: 0 } },
            more: {
              summary: "A page before the last",
              value: { data: [MESSAGE_EXAMPLE], total: 2, limit: 1, offset: 0, next_cursor: CURSOR_EXAMPLE },
            },
          },
        },
      },
      "x-content-on-request": {
        [NDJSON_TYPE]: {
          schema: { description: "One message per line.", type: "string", contentMediaType: NDJSON_TYPE, contentSchema: schema("Message") },
          examples: { line: { value: `${JSON.stringify(MESSAGE_EXAMPLE)}\n` } },
        },
        [`${CSV_TYPE}; charset=utf-8`]: {
          schema: { type: "string", pattern: "^message_id,from,to,ts,text,created_at(,payload)?\\r\\n" },
          examples: {
            row: {
              value: "message_id,from,to,ts,text,created_at\r\n"
                + "m1,'+919876543210,'+14155550100,2025-01-15T10:00:00Z,Hello,2025-01-15T10:00:00.412Z\r\n",
            },
          },
        },
      },
    },
    401: response("Unauthorized"),
    422: validationResponse("Invalid parameters.", {
      limit: {
        value: {
          detail: [
            {
              loc: ["query", "limit"],
              msg: "Number is too small: must be a whole number from 1 to 100 in decimal digits",
              type: "greater_than_equal",
            },
          ],
        },
      },
    }),
  },
};
