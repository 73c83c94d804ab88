import { REFUSALS } from "../../api/refusals.ts";
import { isReceived, type MessagePage } from "../../core/queries.ts";
import type { MessageStore, ReadOptions } from "../../core/store.ts";
import { formatCursor, formatReceiptCursor } from "../../validation/cursor.ts";
import { parseListForm, parseMessageQuery, type ListFormat, type ListQuery } from "../../validation/query.ts";
import { preferredType } from "../accept.ts";
import { CSV_TYPE, JSON_TYPE, NDJSON_TYPE } from "../../api/media-types.ts";
import type { Handler } from "../message.ts";
import { nextLink } from "../next-link.ts";
import { json, refuse } from "../respond.ts";
import { exportMessages } from "./export.ts";

const FORMATS = { [JSON_TYPE]: "json", [NDJSON_TYPE]: "ndjson", [CSV_TYPE]: "csv" } satisfies Record<string, ListFormat>;

type ListStore = Pick<MessageStore, "list" | "listReceived" | "exportPage" | "since" | "lastSequence">;

/**
 * `GET /messages`: a page by time or in commit order, the number of matches, and where the next page begins. In formats other
 * than JSON, all matches. `format` chooses the format; without it, `Accept` does.
 */
export function createListMessages(store: ListStore): Handler {
  return async (request) => {
    const query = parseMessageQuery(request.query);
    const given = parseListForm(request.query);
    if (!given.ok) return refuse({ code: "validation_error", detail: [...(query.ok ? [] : query.error), ...given.error] });
    const format = given.value.format ?? FORMATS[preferredType(request.headers.accept ?? "", [JSON_TYPE, NDJSON_TYPE, CSV_TYPE])];
    if (format !== "json") return exportMessages(store, { ...given.value, query: request.query, format, signal: request.signal() });
    if (!query.ok) return refuse({ code: "validation_error", detail: query.error });
    const { limit, offset } = query.value;
    const { data, total, cursor } = await readPage(store, query.value, { signal: request.signal() });
    if (cursor === undefined) return json({ data, total, limit, offset });
    return { ...json({ data, total, limit, offset, next_cursor: cursor }), headers: { Link: nextLink(request.query, cursor) } };
  };
}

interface CursorPage extends Pick<MessagePage, "data" | "total"> {
  readonly cursor: string | undefined;
}

async function readPage(store: ListStore, query: ListQuery, options: ReadOptions): Promise<CursorPage> {
  if (isReceived(query)) {
    const { next, ...page } = await store.listReceived(query, options);
    return { ...page, cursor: next === undefined ? undefined : formatReceiptCursor(query.order, next) };
  }
  const { next, ...page } = await store.list(query, options);
  return { ...page, cursor: next === undefined ? undefined : formatCursor(query.order ?? "asc", next) };
}

/** `GET /messages/{message_id}/payload`: what the platform sent, as it was stored. A native message has no payload. */
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
