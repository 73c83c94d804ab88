import type { Operation } from "./operation.ts";
import { jsonResponse, response } from "./responses.ts";
import { schema } from "./schemas.ts";

export const MESSAGE_EXAMPLE = {
  message_id: "m1",
  from: "+919876543210",
  to: "+14155550100",
  ts: "2025-01-15T10:00:00Z",
  text: "Hello",
  created_at: "2025-01-15T10:00:00.412Z",
};

/** `GET /messages/{message_id}` */
export const GET_MESSAGE: Operation = {
  method: "GET",
  path: "/messages/{message_id}",
  tag: "Messages",
  access: "token",
  summary: "Get one message",
  description: "By its `message_id`.",
  parameters: [
    {
      name: "message_id",
      in: "path",
      required: true,
      description: "Percent-encoded: `order/7` is `order%2F7`, and an id that is only `.` is `%2E`.",
      schema: schema("MessageId"),
      examples: { id: { value: "m1" } },
    },
  ],
  responses: {
    200: jsonResponse("The message.", schema("Message"), { examples: { message: { value: MESSAGE_EXAMPLE } } }),
    401: response("Unauthorized"),
    404: response("NotFound"),
    422: response("MalformedPath"),
  },
};
