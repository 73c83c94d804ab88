import { REFUSALS } from "../../api/refusals.ts";
import type { MessageStore } from "../../core/store.ts";
import { formatCursor } from "../../validation/cursor.ts";
import { parseListForm, parseMessageQuery, type ListFormat } from "../../validation/query.ts";
import { preferredType } from "../accept.ts";
import { CSV_TYPE, JSON_TYPE, NDJSON_TYPE } from "../../api/media-types.ts";
import type { Handler } from "../message.ts";
import { nextLink } from "../next-link.ts";
import { json, refuse } from "../respond.ts";
import { exportMessages } from "./export.ts";

const FORMATS = { [JSON_TYPE]: "json", [NDJSON_TYPE]: "ndjson", [CSV_TYPE]: "csv" } satisfies Record<string, ListFormat>;

/**
 * `GET /messages`: a page in the order of time, how many match, and where the next page begins; in another format than JSON all
 * that match. `format` decides, else what `Accept` prefers.
 */
export function createListMessages(store: Pick<MessageStore, "list" | "exportPage" | "lastSequence">): Handler {
  return async (request) => {
    const query = parseMessageQuery(request.query);
    const given = parseListForm(request.query);
    if (!given.ok) return refuse({ code: "validation_error", detail: [...(query.ok ? [] : query.error), ...given.error] });
    const format = given.value.format ?? FORMATS[preferredType(request.headers.accept ?? "", [JSON_TYPE, NDJSON_TYPE, CSV_TYPE])];
    if (format !== "json") return exportMessages(store, { ...given.value, query: request.query, format, signal: request.signal });
    if (!query.ok) return refuse({ code: "validation_error", detail: query.error });
    const { limit, offset, order = "asc" } = query.value;
    const { data, total, next } = await store.list(query.value, { signal: request.signal });
    if (next === undefined) return json({ data, total, limit, offset });
    const cursor = formatCursor(order, next);
    return { ...json({ data, total, limit, offset, next_cursor: cursor }), headers: { Link: nextLink(request.query, cursor) } };
  };
}

/** `GET /messages/{message_id}/payload`: what a platform sent about it, as it was kept. A native message has none. */
export function createGetPayload(store: Pick<MessageStore, "payload">): Handler {
  return async (request) => {
    const payload = await store.payload(request.parameter);
    return payload === undefined ? refuse(REFUSALS.notFound) : { status: 200, body: payload };
  };
}

/** `GET /messages/{message_id}` */
export function createGetMessage(store: Pick<MessageStore, "get">): Handler {
  return async (request) => {
    const message = await store.get(request.parameter);
    return message === undefined ? refuse(REFUSALS.notFound) : json(message);
  };
}
