import type { MessageStore } from "../../core/ports.ts";
import type { Handler } from "../message.ts";
import { json } from "../respond.ts";

/** `GET /stats` */
export function createStats(store: Pick<MessageStore, "stats">): Handler {
  return async () => json(await store.stats());
}
