import type { SequencedMessage } from "../../core/message.ts";
import type { Api } from "./api.ts";
import { createEventParser } from "./event-stream.ts";
import { createStreamPosition, type StreamPosition } from "./stream-position.ts";

/** `waiting`: the connection is lost and will be retried. */
export type TailState = "connecting" | "live" | "waiting" | "paused" | "unavailable";

export interface TailOptions {
  readonly api: Pick<Api, "open">;
  readonly onMessages: (messages: readonly SequencedMessage[]) => void;
  readonly onState: (state: TailState) => void;
  /** Messages may have been missed: load again what is shown. */
  readonly onGap: () => void;
  /** The service has gone back to an earlier state: nothing that is shown can be relied on. */
  readonly onReset: () => void;
  readonly onUnauthorized: () => void;
}

/** Follows `GET /tail` and reports messages as they are committed. */
export interface Tail {
  start(): void;
  stop(): void;
  /** Retries a lost connection at once. */
  wake(): void;
}

/** A tail of this window only. */
export interface OwnTail extends Tail {
  /** The id of the last event; undefined before the first. */
  lastId(): string | undefined;
  /** Another window has received this event: the next start continues after it. */
  received(id: string | undefined): void;
}

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;
/** The service sends a comment every 15 s: after this silence the connection is dead, even if the system reports it as open. */
const SILENCE_MS = 45_000;

/** Follows the stream, and continues where it was interrupted, with growing delays. */
export function createTail(options: TailOptions): OwnTail {
  const position = createStreamPosition();
  let running: AbortController | undefined;
  let woken = new AbortController();

  async function run(stopped: AbortSignal): Promise<void> {
    let delayMs = FIRST_DELAY_MS;
    options.onState("connecting");
    while (!stopped.aborted) {
      const receivedBeforeMs = position.lastReceivedMs();
      const atLeastMs = await follow(options, position, stopped);
      if (atLeastMs === undefined || stopped.aborted) return;
      if (position.lastReceivedMs() !== receivedBeforeMs) delayMs = FIRST_DELAY_MS;
      options.onState("waiting");
      // Spread out, so that the pages of many readers do not reconnect at the same moment.
      woken = new AbortController();
      await pause(Math.max(delayMs * (0.75 + Math.random() / 2), atLeastMs), AbortSignal.any([stopped, woken.signal]));
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    }
  }

  return {
    start() {
      if (running !== undefined) return;
      running = new AbortController();
      void run(running.signal);
    },
    stop() {
      running?.abort();
      running = undefined;
      options.onState("paused");
    },
    wake: () => woken.abort(),
    lastId: position.lastId,
    received: position.received,
  };
}

/** One connection, until it ends. Returns the minimum delay before the next attempt; undefined if there should be none. */
async function follow(options: TailOptions, position: StreamPosition, stopped: AbortSignal): Promise<number | undefined> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const headers = { Accept: "text/event-stream", ...position.resume() };
    const response = await options.api.open("/tail", headers, AbortSignal.any([stopped, silence.signal]));
    if (response.status === 401) {
      options.onUnauthorized();
      return undefined;
    }
    if (response.status === 404) {
      options.onState("unavailable");
      return undefined;
    }
    position.compare(response);
    if (!response.ok || response.body === null) return Number(response.headers.get("Retry-After") ?? 0) * 1000;
    position.received(undefined);
    options.onState("live");
    // Only once the stream is open: then there is no gap between what is loaded now and what the stream sends.
    const loss = position.takeLoss();
    if (loss === "reset") options.onReset();
    if (loss === "gap") options.onGap();
    const parser = createEventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 0;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const events = parser.take(value);
      // The first event has no message: it gives the position at which the stream begins.
      position.received(parser.lastId());
      options.onMessages(events.map(({ data }) => JSON.parse(data)));
    }
  } catch {
    return 0;
  } finally {
    clearTimeout(timer);
  }
}

/** Settles after this time, or once it is stopped. */
function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stopped.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
