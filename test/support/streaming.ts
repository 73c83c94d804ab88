import { once } from "node:events";
import type { Handler, Stream } from "../../src/http/message.ts";

/** A handler that responds with a stream. */
export function streaming(chunks: Stream["chunks"], live = false): Handler {
  return () => ({ status: 200, body: "", contentType: "text/plain", stream: { chunks, live } });
}

/** Settles once the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** Gives `chunks`, then waits for the signal. */
export function waiting(...chunks: readonly string[]): Stream["chunks"] {
  return async function* (signal) {
    yield* chunks;
    await aborted(signal);
  };
}
