import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { REFUSALS, tooManyExports, tooManyTails } from "../api/refusals.ts";
import type { Refusal } from "../core/outcome.ts";
import type { FinishedStream, StreamEnd } from "../core/exchange.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { describeFault } from "./describe-fault.ts";
import type { Stream } from "./message.ts";
import { createOpenStreams } from "./open-streams.ts";

/** Responses that are written chunk by chunk. */
export interface Streams {
  /** Why this stream may not begin now; undefined if it may. */
  refusal(stream: Stream): Refusal | undefined;
  /**
   * Writes a body after its head, as fast as the client reads it, and settles once it has ended. If the body is not complete,
   * the connection is destroyed, so that the client sees that something is missing.
   */
  write(res: ServerResponse, stream: Stream): Promise<FinishedStream & { readonly fault?: string }>;
  /** Ends all streams at once and refuses further ones. */
  stop(): void;
}

export interface StreamsOptions {
  /** Chunks that clients have not read yet, in UTF-16 units. */
  readonly buffered: ByteBudget;
  /** The maximum number of tails, and of other streams. */
  readonly maxOpen: number;
  /** The time in milliseconds. */
  readonly nowMs: () => number;
}

/** Writes streamed responses: tails and exports, at most `maxOpen` of each. */
export function createStreams({ buffered, maxOpen, nowMs }: StreamsOptions): Streams {
  const open = createOpenStreams({ maxOpen, nowMs });
  let stopped = false;

  /** Waits until the client has taken a chunk. */
  async function taken(res: ServerResponse, units: number, signal: AbortSignal): Promise<void> {
    buffered.overdraw(units);
    // Rejects only if the signal is aborted, which the caller checks next.
    await once(res, "drain", { signal }).catch(() => undefined);
    buffered.giveBack(units);
  }

  return {
    refusal({ live }) {
      if (stopped) return REFUSALS.stopping;
      if (open.hasRoom(live)) return undefined;
      return live ? tooManyTails(maxOpen) : tooManyExports(maxOpen);
    },
    async write(res, { chunks, live }) {
      const startedAt = performance.now();
      const ending = new AbortController();
      const { signal } = ending;
      const { socket } = res.req;
      const state: { ended: StreamEnd; fault?: string } = { ended: "complete" };
      function end(reason: StreamEnd): void {
        if (signal.aborted) return;
        state.ended = reason;
        ending.abort();
      }
      const leave = (): void => end("client");
      open.add(end, live);
      res.once("close", leave);
      // A tail that writes nothing does not notice that its client has gone, except by the end of the client's sending side.
      // `res.socket` is null while an earlier response is unfinished: a connection has only one listener.
      if (live && res.socket !== null) socket.once("end", leave);
      if (res.closed || (live && socket.readableEnded)) leave();

      try {
        for await (const chunk of chunks(signal)) {
          if (!signal.aborted && !res.write(chunk)) {
            if (!live) open.stall(end);
            await taken(res, chunk.length, signal);
            open.resume(end);
          }
          if (signal.aborted) break;
        }
      } catch (error) {
        if (!signal.aborted) {
          state.ended = "fault";
          state.fault = describeFault(error);
        }
      }
      open.remove(end);
      res.off("close", leave);
      socket.off("end", leave);
      // A tail is cut off if its client has not read all of it: waiting for a slow client would delay a stop.
      const isWhole = state.ended === "complete" || (live && state.ended !== "fault" && res.writableLength === 0);
      if (isWhole && !res.closed) res.end();
      else destroyEarly(res);
      return { durationMs: performance.now() - startedAt, ...state };
    },
    stop() {
      stopped = true;
      open.endAll("stop");
    },
  };
}

function destroyEarly(res: ServerResponse): void {
  const { socket, httpVersionMinor } = res.req;
  // In HTTP/1.0 the end of the connection is the end of the body (RFC 9112, section 6.3): only a reset shows that the body is
  // incomplete.
  if (httpVersionMinor === 0) socket.resetAndDestroy();
  else socket.destroy();
}
