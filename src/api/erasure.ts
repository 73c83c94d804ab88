import { headers, WITH_BODY } from "./headers.ts";
import { JSON_TYPE } from "./media-types.ts";
import type { Operation } from "./operation.ts";
import { REFUSALS } from "./refusals.ts";
import { errorResponse, jsonResponse, response, validationResponse } from "./responses.ts";
import { schema } from "./schemas.ts";

const WHAT_IS_ERASED = "The rows, their payloads, and their entries in search and counts are overwritten in the database; "
  + "PostgreSQL overwrites them only when it uses their space again. "
  + "The ids are kept, so a later delivery with one of them is a duplicate. "
  + "The erased data remains in backups, and in the write-ahead log until its next checkpoint.";
const FORBIDDEN = errorResponse("`API_TOKEN` is not set. Without it, anybody who can reach the port could erase messages.", {
  unset: REFUSALS.notErasable,
});

/** `DELETE /messages/{message_id}` */
export const ERASE_MESSAGE: Operation = {
  method: "DELETE",
  path: "/messages/{message_id}",
  tag: "Messages",
  access: "erasure",
  summary: "Erase one message",
  description: `Use this if a person asks you to erase their messages. ${WHAT_IS_ERASED}`,
  parameters: [
    {
      name: "message_id",
      in: "path",
      required: true,
      description: "Percent-encoded, as in `GET /messages/{message_id}`.",
      schema: schema("MessageId"),
      examples: { id: { value: "m1" } },
    },
  ],
  responses: {
    204: { description: "The message has been erased, and the erasure has been synced to disk.", headers: headers("X-Request-ID") },
    401: response("Unauthorized"),
    403: FORBIDDEN,
    404: response("NotFound"),
    422: response("MalformedPath"),
  },
};

/** `DELETE /messages` */
export const ERASE_SENDER: Operation = {
  method: "DELETE",
  path: "/messages",
  tag: "Messages",
  access: "erasure",
  summary: "Erase all messages of a sender",
  description: `Use this if a person asks you to erase their messages. ${WHAT_IS_ERASED}`,
  parameters: [
    {
      name: "from",
      in: "query",
      required: true,
      description: "Exactly this sender. Any other parameter is refused, since it might be meant as a filter.",
      schema: { type: "string", minLength: 1 },
      examples: { sender: { value: "+919876543210" } },
    },
  ],
  responses: {
    200: jsonResponse(
      "The messages have been erased, and the erasure has been synced to disk.",
      { type: "object", required: ["erased"], properties: { erased: schema("Count") } },
      { examples: { erased: { value: { erased: 3 } } } },
    ),
    401: response("Unauthorized"),
    403: FORBIDDEN,
    422: validationResponse("`from` is missing or empty, or there is another parameter.", {
      missing: {
        value: {
          detail: [
            { loc: ["query", "from"], msg: "Parameter is missing: must be the sender whose messages are to be erased", type: "missing" },
          ],
        },
      },
    }),
  },
};

/** `GET /messages/{message_id}/payload` */
export const GET_PAYLOAD: Operation = {
  method: "GET",
  path: "/messages/{message_id}/payload",
  tag: "Messages",
  access: "token",
  summary: "Get the platform's data about a message",
  description: "For WhatsApp, the `value` of the notification with only this message, its metadata and the person's contact. "
    + "For Twilio, the parameters of the form. A message in the service's own format has no payload: the response is 404.",
  parameters: [
    {
      name: "message_id",
      in: "path",
      required: true,
      description: "Percent-encoded, as in `GET /messages/{message_id}`.",
      schema: schema("MessageId"),
      examples: { id: { value: "wamid.HBgMOTE5ODc2NTQzMjEw" } },
    },
  ],
  responses: {
    200: {
      description: "The payload.",
      headers: WITH_BODY,
      content: {
        [JSON_TYPE]: {
          schema: { type: "object" },
          examples: {
            image: {
              value: {
                messaging_product: "whatsapp",
                metadata: { display_phone_number: "14155550100", phone_number_id: "106540352242922" },
                contacts: [{ profile: { name: "Asha Rao" }, wa_id: "919876543210" }],
                messages: [
                  {
                    from: "919876543210",
                    id: "wamid.HBgMOTE5ODc2NTQzMjEw",
                    timestamp: "1736935200",
                    type: "image",
                    image: { id: "1003383421387256" },
                  },
                ],
              },
            },
          },
        },
      },
    },
    401: response("Unauthorized"),
    404: response("NotFound"),
    422: response("MalformedPath"),
  },
};
