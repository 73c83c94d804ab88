import type { Schema } from "./openapi.ts";

const STORED: Readonly<Record<string, Schema>> = {
  message_id: { $ref: "#/components/schemas/MessageId" },
  from: { $ref: "#/components/schemas/Party" },
  to: { $ref: "#/components/schemas/Party" },
  ts: { $ref: "#/components/schemas/Timestamp" },
  text: { $ref: "#/components/schemas/Text" },
  payload: { description: "With `payload=1`: what a platform sent about the message, or null.", type: ["object", "null"] },
  created_at: {
    description: "When the message was stored: an RFC 3339 date-time in UTC. Messages stored by an earlier build keep their value.",
    type: "string",
    examples: ["2025-01-15T10:00:00.412Z"],
  },
};

export type SchemaName =
  | "Delivery"
  | "WhatsAppNotification"
  | "Message"
  | "SequencedMessage"
  | "MessageId"
  | "PhoneNumber"
  | "Party"
  | "Text"
  | "Timestamp"
  | "Count"
  | "Ok"
  | "ErrorBody"
  | "ValidationError"
  | "FieldError"
  | "FieldErrorType";

/** Schemas that are defined beside their only operation. */
export type OperationSchemaName = "MessagePage" | "Stats" | "Timeline" | "NotReady";

/** The schemas that the operations share. */
export const SCHEMAS: Readonly<Record<SchemaName, Schema>> = {
  Delivery: {
    description: "A message as a sender delivers it. Unknown fields are ignored; if a name is repeated, the last value wins. "
      + "A character is a Unicode code point.",
    type: "object",
    required: ["message_id", "from", "to", "ts"],
    properties: {
      message_id: {
        description: "The identity of the message: the first delivery with an id is stored, later ones are duplicates.",
        type: "string",
        minLength: 1,
        maxLength: 256,
        examples: ["m1", "order/7"],
      },
      from: { $ref: "#/components/schemas/PhoneNumber" },
      to: { $ref: "#/components/schemas/PhoneNumber" },
      ts: {
        description: "When the message was sent: an RFC 3339 date-time with `Z` or an offset and up to 9 fractional digits. "
          + "Its year in UTC is 0000 to 9999.",
        type: "string",
        format: "date-time",
        examples: ["2025-01-15T10:00:00Z", "2025-01-15T15:30:00.50+05:30"],
      },
      text: { description: "The text, or null if there is none.", type: ["string", "null"], maxLength: 4096, examples: ["Hello", null] },
    },
  },
  WhatsAppNotification: {
    description: "A notification of the WhatsApp Cloud API. Content other than messages is acknowledged, but not stored.",
    type: "object",
    required: ["object", "entry"],
    properties: {
      object: { type: "string", const: "whatsapp_business_account" },
      entry: { description: "As in the platform's reference.", type: "array", items: { type: "object" } },
    },
  },
  Message: {
    description: "A stored message.",
    type: "object",
    required: ["message_id", "from", "to", "ts", "text", "created_at"],
    properties: STORED,
  },
  SequencedMessage: {
    description: "A stored message, with its position in commit order.",
    type: "object",
    required: ["seq", "message_id", "from", "to", "ts", "text", "created_at"],
    properties: {
      seq: {
        description: "Increases with each message; numbers may be skipped.",
        type: "integer",
        format: "int64",
        minimum: 1,
        examples: [17],
      },
      ...STORED,
    },
  },
  MessageId: {
    description: "The identity of the message, as its sender gave it.",
    type: "string",
    minLength: 1,
    examples: ["m1", "order/7"],
  },
  PhoneNumber: { description: "`+` and 1 to 15 ASCII digits.", type: "string", pattern: "^\\+[0-9]{1,15}$", examples: ["+919876543210"] },
  Party: {
    description: "A phone number: `+` and digits. If a platform gives none, its id for the person or business; empty if it gives neither.",
    type: "string",
    examples: ["+919876543210", "US.13491208655302741918"],
  },
  Text: { description: "The text, or null if the sender sent none.", type: ["string", "null"], examples: ["Hello", null] },
  Timestamp: {
    description: "An instant in UTC with `Z`, without trailing zeros in the fraction: equal instants have equal texts.",
    type: "string",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,8}[1-9])?Z$",
    examples: ["2025-01-15T10:00:00Z"],
  },
  Count: { type: "integer", format: "int64", minimum: 0, examples: [1] },
  Ok: { type: "object", required: ["status"], properties: { status: { type: "string", const: "ok" } } },
  ErrorBody: {
    description: "Any error except invalid fields and parameters.",
    type: "object",
    required: ["detail"],
    properties: { detail: { description: "What is wrong and what is required, for people.", type: "string", minLength: 1 } },
  },
  ValidationError: {
    description: "Every invalid field or parameter.",
    type: "object",
    required: ["detail"],
    properties: { detail: { type: "array", minItems: 1, items: { $ref: "#/components/schemas/FieldError" } } },
  },
  FieldError: {
    type: "object",
    required: ["loc", "msg", "type"],
    properties: {
      loc: {
        description: "Where the invalid value is: `body`, `query`, `path` or `header`, then the name. `body` alone is the whole body.",
        type: "array",
        minItems: 1,
        maxItems: 2,
        items: { type: "string" },
        examples: [["body", "from"], ["query", "limit"], ["body"]],
      },
      msg: {
        description: "What is wrong and what is required, for people. It does not quote what was sent.",
        type: "string",
        minLength: 1,
      },
      type: { $ref: "#/components/schemas/FieldErrorType" },
    },
  },
  FieldErrorType: {
    description: "What is wrong, for programs.",
    type: "string",
    enum: [
      "json_invalid", "dict_type", "missing",
      "string_type", "string_too_short", "string_too_long", "string_unicode", "string_pattern_mismatch",
      "datetime_parsing", "int_parsing", "greater_than_equal", "less_than_equal", "enum",
      "cursor_parsing", "cursor_with_offset", "page_of_export", "order_of_export",
      "extra_forbidden", "percent_encoding",
    ],
  },
};

/** A reference to a shared schema. */
export function schema(name: SchemaName | OperationSchemaName): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
