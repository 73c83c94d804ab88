import type { MessageStore } from "../../core/ports.ts";
import { parseMessageQuery } from "../../validation/query.ts";
import type { Handler } from "../message.ts";
import { json, refuse } from "../respond.ts";

/** `GET /messages`: a page in the order of time, and how many match. */
export function createListMessages(store: Pick<MessageStore, "list">): Handler {
  return async (request) => {
    const query = parseMessageQuery(request.query);
    if (!query.ok) return refuse({ code: "validation_error", detail: query.error });
    const { data, total } = await store.list(query.value);
    return json({ data, total, limit: query.value.limit, offset: query.value.offset });
  };
}

/** `GET /messages/{message_id}` */
export function createGetMessage(store: Pick<MessageStore, "get">): Handler {
  return async (request) => {
    const message = await store.get(request.parameter);
    return message === undefined ? refuse({ code: "not_found", detail: "not found" }) : json(message);
  };
}
