import { beyondNewest, otherGeneration, positionHeaders } from "../../api/refusals.ts";
import type { SequencedMessage } from "../../core/message.ts";
import type { MessageStore } from "../../core/store.ts";
import { parseTailQuery } from "../../validation/tail-query.ts";
import { preferredType } from "../accept.ts";
import { createFeed, type FeedFormat } from "../feed.ts";
import type { Handler } from "../message.ts";
import { messageLine, refuse } from "../respond.ts";
import { NDJSON_TYPE } from "../../api/media-types.ts";

const EVENT_STREAM = "text/event-stream";

/** Proxies close connections that are silent for longer; a beat also shows whether the client has gone. */
const BEAT_MS = 15_000;

type TailStore = Pick<MessageStore, "since" | "lastSequence" | "history" | "onCommitted">;

export interface TailOptions {
  /** How often a tail without messages sends a blank line, or an event stream a comment. */
  readonly beatMs?: number;
}

/**
 * `GET /tail`: the messages after `after` or `Last-Event-ID` (otherwise those stored from now on) in commit order, then each new
 * one as it comes. NDJSON, or server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) if `Accept` prefers
 * them. `Tail-After` is the position at which the tail begins, `Tail-Generation` its generation. A position beyond the newest
 * message is refused with `beyond_newest`, one in another generation with `other_generation`: the next messages would not be
 * those that the client has missed. `Tail-After` of the refusal is a position from which nothing is missed.
 */
export function createTail(store: TailStore, options: TailOptions = {}): Handler {
  const feed = createFeed(store);
  const everyMs = options.beatMs ?? BEAT_MS;

  function formatOf(type: typeof NDJSON_TYPE | typeof EVENT_STREAM, generation: string, payload: boolean): FeedFormat {
    const name = `${type} ${generation} ${payload}`;
    if (type === NDJSON_TYPE) return { name, payload, write: messageLine, beat: { text: "\n", everyMs } };
    return { name, payload, write: (message) => toEvent(message, generation), beat: { text: ":\n\n", everyMs } };
  }

  return async (request) => {
    const query = parseTailQuery(request.query, request.headers["last-event-id"]);
    if (!query.ok) return refuse({ code: "validation_error", detail: query.error });
    const type = preferredType(request.headers.accept ?? "", [NDJSON_TYPE, EVENT_STREAM]);
    // Read in any case, so that the status can report a database that does not respond.
    const [newest, { generation, former }] = await Promise.all([store.lastSequence(), store.history()]);
    const { after = newest, payload, generation: meant = generation } = query.value;
    if (meant !== generation) {
      const lastCommon = former.get(meant) ?? 0;
      return refuse(otherGeneration(lastCommon, { after: Math.min(after, lastCommon), generation }));
    }
    if (after > newest) return refuse(beyondNewest(newest, generation));
    const format = formatOf(type, generation, payload);

    async function* chunks(signal: AbortSignal): AsyncGenerator<string, void> {
      // A browser that loses its connection before the first message can then continue from here.
      if (type === EVENT_STREAM) yield `id: ${generation}.${after}\n\n`;
      yield* feed.follow(after, format, signal);
    }
    return {
      status: 200,
      body: "",
      stream: { chunks, live: true },
      contentType: type,
      // Otherwise nginx buffers the stream (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering).
      headers: { ...positionHeaders({ after, generation }), "X-Accel-Buffering": "no" },
    };
  };
}

function toEvent(message: SequencedMessage, generation: string): string {
  return `id: ${generation}.${message.seq}\ndata: ${messageLine(message)}\n`;
}
