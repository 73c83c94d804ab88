import { JSON_TYPE } from "./media-types.ts";
import { headers } from "./headers.ts";
import type { Operation } from "./operation.ts";
import { largeBody, REFUSALS, tooManyRequests } from "./refusals.ts";
import { errorResponse, jsonResponse, RESPONSES, validationResponse, withHeaders } from "./responses.ts";
import { schema } from "./schemas.ts";

const RATE_LIMIT_HEADERS = headers("RateLimit-Policy", "RateLimit");

const MESSAGE = { message_id: "m1", from: "+919876543210", to: "+14155550100", ts: "2025-01-15T10:00:00Z", text: "Hello" };

const NOTIFICATION = {
  object: "whatsapp_business_account",
  entry: [
    {
      id: "102290129340398",
      changes: [
        {
          field: "messages",
          value: {
            messaging_product: "whatsapp",
            metadata: { display_phone_number: "14155550100", phone_number_id: "106540352242922" },
            contacts: [{ profile: { name: "Asha Rao" }, wa_id: "919876543210" }],
            messages: [
              {
                from: "919876543210",
                id: "wamid.HBgMOTE5ODc2NTQzMjEw",
                timestamp: "1736935200",
                type: "text",
                text: { body: "Hello" },
              },
            ],
          },
        },
      ],
    },
  ],
};

/** `POST /webhook` */
export const WEBHOOK: Operation = {
  method: "POST",
  path: "/webhook",
  tag: "Webhook",
  access: "signature",
  takesDeliveries: true,
  summary: "Store one signed message",
  description: "Checks run in this order: rate limit, size, signature (over the raw bytes of the body), JSON and fields, storage. "
    + "The first failure determines the response.\n\n"
    + "`200` is sent only after the message, or every message of a notification, is committed and synced to disk. "
    + "A repeat of a stored `message_id` changes nothing and gets `200` too, so a sender may send a message again until it gets a `200`. "
    + "It should do so after any other response, and if there is no response.\n\n"
    + "The first of these signature headers that is present is checked: `X-Signature`, `X-Hub-Signature-256`, `webhook-signature`, "
    + "`svix-signature`, and the header that `WEBHOOK_SIGNATURE_HEADER` names.",
  parameters: [...signedParameters("webhook", "p5jXN8AQM9LWM0D4loKWxJek"), ...signedParameters("svix", "2KWPBgLlAfxdpx2AI54pPJ85f4W")],
  requestBody: {
    required: true,
    description: "A JSON object in UTF-8, whatever the `Content-Type`: a message, "
      + "or a notification of the WhatsApp Cloud API (`object` is `whatsapp_business_account`), of at most `MAX_BODY_BYTES` (4194304).",
    content: {
      [JSON_TYPE]: {
        schema: { oneOf: [schema("Delivery"), schema("WhatsAppNotification")] },
        examples: {
          message: { summary: "A message", value: MESSAGE },
          withoutText: {
            summary: "Without text, in another zone",
            value: { ...MESSAGE, message_id: "order/7", ts: "2025-01-15T15:30:00.50+05:30", text: null },
          },
          whatsapp: { summary: "A WhatsApp notification", value: NOTIFICATION },
        },
      },
    },
  },
  responses: {
    200: jsonResponse("The message is stored: now, or by an earlier delivery.", schema("Ok"), {
      examples: { stored: { value: { status: "ok" } } },
      headers: RATE_LIMIT_HEADERS,
    }),
    400: withHeaders(RESPONSES.BadRequest, RATE_LIMIT_HEADERS),
    401: errorResponse(
      "The signature is missing, malformed, sent twice, wrong or expired. The service's log says which, and how to correct it.",
      { signature: REFUSALS.invalidSignature },
      RATE_LIMIT_HEADERS,
    ),
    408: withHeaders(RESPONSES.RequestTimeout, RATE_LIMIT_HEADERS),
    413: errorResponse(
      "The body has more than `MAX_BODY_BYTES`, or more than 16 KiB of chunk extensions. The rest of it is discarded.",
      { body: largeBody(4_194_304) },
      RATE_LIMIT_HEADERS,
    ),
    415: errorResponse(
      "The body has a `Content-Encoding` other than `identity`. It was not read: the signature covers the bytes as sent.",
      { encoding: REFUSALS.encodedBody },
      { ...headers("Accept-Encoding"), ...RATE_LIMIT_HEADERS },
    ),
    422: withHeaders(
      validationResponse("The signature is valid, but the body is not a JSON object, or has invalid fields.", {
        fields: {
          summary: "Invalid fields",
          value: {
            detail: [
              {
                loc: ["body", "from"],
                msg: "String is not a phone number: must be a string of + and 1 to 15 digits, such as +919876543210",
                type: "string_pattern_mismatch",
              },
            ],
          },
        },
        body: {
          summary: "Not JSON",
          value: { detail: [{ loc: ["body"], msg: "Body is not JSON: must be a JSON object", type: "json_invalid" }] },
        },
      }),
      RATE_LIMIT_HEADERS,
    ),
    429: errorResponse(
      "More than `WEBHOOK_RATE_LIMIT` requests a minute from this address. The body was not read.",
      { limit: tooManyRequests(3) },
      { ...headers("Retry-After"), ...RATE_LIMIT_HEADERS },
    ),
    503: errorResponse(
      "The message is not stored: the disk is full or failing, too many messages are waiting, or the service is stopping. Send it again. "
        + "(If the service cannot find out whether it is stored, the connection is closed without a response.)",
      { notStored: REFUSALS.notStored },
      { ...headers("Retry-After"), ...RATE_LIMIT_HEADERS },
    ),
  },
};

/** The headers that a signature of this family covers. */
function signedParameters(family: "webhook" | "svix", id: string): Operation["parameters"] {
  return [
    {
      name: `${family}-id`,
      in: "header",
      required: false,
      description: `Required with \`${family}-signature\`, which covers it: the sender's id for the delivery, `
        + "1 to 256 visible ASCII characters. Only `message_id` identifies a repeat.",
      schema: { type: "string" },
      examples: { id: { value: `msg_${id}` } },
    },
    {
      name: `${family}-timestamp`,
      in: "header",
      required: false,
      description: `Required with \`${family}-signature\`, which covers it: Unix time in seconds, in up to 12 digits, `
        + "at most `WEBHOOK_TOLERANCE_SECONDS` (300) before or after the service's clock.",
      schema: { type: "string" },
      examples: { time: { value: "1614265330" } },
    },
  ];
}
