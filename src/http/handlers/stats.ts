import type { MessageStore } from "../../core/store.ts";
import { parseTimelineQuery } from "../../validation/timeline-query.ts";
import type { Handler } from "../message.ts";
import { json, refuse } from "../respond.ts";

/** `GET /stats` */
export function createStats(store: Pick<MessageStore, "stats">): Handler {
  return async ({ signal }) => json(await store.stats({ signal: signal() }));
}

/** `GET /stats/timeline`: how many messages each hour or day has. */
export function createTimeline(store: Pick<MessageStore, "timeline">): Handler {
  return async (request) => {
    const query = parseTimelineQuery(request.query);
    if (!query.ok) return refuse({ code: "validation_error", detail: query.error });
    return json({ bucket: query.value.bucket, ...(await store.timeline(query.value, { signal: request.signal() })) });
  };
}
