import type { MessageStore } from "../../core/ports.ts";
import { formatCursor } from "../../validation/cursor.ts";
import { parseMessageQuery } from "../../validation/query.ts";
import type { Handler } from "../message.ts";
import { nextLink } from "../next-link.ts";
import { json, refuse } from "../respond.ts";

/** `GET /messages`: a page in the order of time, how many match, and where the next page begins. */
export function createListMessages(store: Pick<MessageStore, "list">): Handler {
  return async (request) => {
    const query = parseMessageQuery(request.query);
    if (!query.ok) return refuse({ code: "validation_error", detail: query.error });
    const { limit, offset, order = "asc" } = query.value;
    const { data, total, next } = await store.list(query.value);
    if (next === undefined) return json({ data, total, limit, offset });
    const cursor = formatCursor(order, next);
    return { ...json({ data, total, limit, offset, next_cursor: cursor }), headers: { Link: nextLink("/messages", request.query, cursor) } };
  };
}

/** `GET /messages/{message_id}` */
export function createGetMessage(store: Pick<MessageStore, "get">): Handler {
  return async (request) => {
    const message = await store.get(request.parameter);
    return message === undefined ? refuse({ code: "not_found", detail: "not found" }) : json(message);
  };
}
