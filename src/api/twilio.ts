import { headers, WITH_BODY } from "./headers.ts";
import { FORM_TYPE, TWIML_TYPE } from "./media-types.ts";
import type { Operation } from "./operation.ts";
import { REFUSALS, tooManyRequests } from "./refusals.ts";
import { errorResponse } from "./responses.ts";

const RATE_LIMIT_HEADERS = headers("RateLimit-Policy", "RateLimit");

/** `POST /webhook/twilio` */
export const TWILIO: Operation = {
  method: "POST",
  path: "/webhook/twilio",
  tag: "Webhook",
  access: "twilio",
  takesDeliveries: true,
  summary: "Store one message from Twilio",
  description: "Accepts the webhook of Twilio's Programmable Messaging for an incoming SMS or WhatsApp message. "
    + "`ts` is the time of receipt, and a `whatsapp:` in front of a number is dropped.\n\n"
    + "`200` is sent only after the message is committed and synced to disk, or for a repeat of its `MessageSid`. "
    + "A status report on an outgoing message (`MessageStatus`) gets `200` and is not stored.",
  parameters: [],
  requestBody: {
    required: true,
    description: "A form. Other parameters are stored unchanged.",
    content: {
      [FORM_TYPE]: {
        schema: {
          type: "object",
          properties: {
            MessageSid: { type: "string", description: "Becomes `message_id`." },
            From: { type: "string" },
            To: { type: "string" },
            Body: { type: "string", description: "Becomes `text`." },
          },
          required: ["MessageSid", "From", "To"],
        },
        examples: {
          sms: {
            value: { MessageSid: "SM0123456789abcdef0123456789abcdef", From: "+14155550101", To: "+14155550100", Body: "Hello" },
          },
        },
      },
    },
  },
  responses: {
    200: {
      description: "The message is stored, or there was nothing to store. An empty TwiML document: it tells Twilio to do nothing.",
      headers: { ...WITH_BODY, ...RATE_LIMIT_HEADERS },
      content: { [TWIML_TYPE]: { schema: { type: "string", const: "<Response/>" }, examples: { nothing: { value: "<Response/>" } } } },
    },
    401: errorResponse(
      "`X-Twilio-Signature` is missing, malformed or wrong. The service's log says which, and how to correct it.",
      { signature: REFUSALS.invalidSignature },
      RATE_LIMIT_HEADERS,
    ),
    403: errorResponse("`TWILIO_AUTH_TOKEN` and `PUBLIC_URL` are not set.", { unset: REFUSALS.twilioUnset }),
    415: errorResponse(
      "The body has a `Content-Encoding` other than `identity`. It was not read: the signature covers the bytes as sent.",
      { encoding: REFUSALS.encodedBody },
      { ...headers("Accept-Encoding"), ...RATE_LIMIT_HEADERS },
    ),
    429: errorResponse(
      "More than `WEBHOOK_RATE_LIMIT` requests a minute from this address. The body was not read.",
      { limit: tooManyRequests(3) },
      { ...headers("Retry-After"), ...RATE_LIMIT_HEADERS },
    ),
    503: errorResponse(
      "The message is not stored: the disk is full or failing, too many messages are waiting, or the service is stopping. "
        + "Twilio sends it again if its webhook URL requests that, or to the fallback URL.",
      { notStored: REFUSALS.notStored },
      { ...headers("Retry-After"), ...RATE_LIMIT_HEADERS },
    ),
  },
};
