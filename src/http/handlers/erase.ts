import { REFUSALS } from "../../api/refusals.ts";
import type { MessageStore } from "../../core/store.ts";
import { parseEraseQuery } from "../../validation/erase-query.ts";
import type { Handler } from "../message.ts";
import { json, refuse } from "../respond.ts";

export interface EraseOptions {
  readonly store: Pick<MessageStore, "erase">;
  /** Whether a token is configured: without one, anybody who reaches the port could erase. */
  readonly erasable: boolean;
}

/** `DELETE /messages/{message_id}`: 204 once the message is erased and that is synced; 404 if it does not exist. */
export function createEraseMessage({ store, erasable }: EraseOptions): Handler {
  return async (request) => {
    if (!erasable) return refuse(REFUSALS.notErasable);
    const erased = await store.erase({ messageId: request.parameter });
    return erased === 0 ? refuse(REFUSALS.notFound) : { status: 204, body: "" };
  };
}

/** `DELETE /messages?from=…`: erases all messages of a sender; responds with their number. */
export function createEraseSender({ store, erasable }: EraseOptions): Handler {
  return async (request) => {
    if (!erasable) return refuse(REFUSALS.notErasable);
    const query = parseEraseQuery(request.query);
    if (!query.ok) return refuse({ code: "validation_error", detail: query.error });
    return json({ erased: await store.erase(query.value) });
  };
}
