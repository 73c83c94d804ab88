import type { StreamEnd } from "../core/exchange.ts";

/** Ends a stream early. */
export type End = (reason: StreamEnd) => void;

/** The streamed responses that are open. `live` ones are tails, the others are exports. */
export interface OpenStreams {
  /** Whether another stream may open, if necessary instead of an open one. */
  hasRoom(live: boolean): boolean;
  /** Adds a stream. If the maximum is reached, ends the stream that it replaces. */
  add(end: End, live: boolean): void;
  /** Call it when an export begins to wait for its client to read. */
  stall(end: End): void;
  /** Call it when the client of the export has read. */
  resume(end: End): void;
  remove(end: End): void;
  endAll(reason: StreamEnd): void;
}

export interface OpenStreamsOptions {
  /** The maximum number of tails, and of exports. */
  readonly maxOpen: number;
  /** The time in milliseconds. */
  readonly nowMs: () => number;
}

/**
 * A tail without messages may not notice that its client has gone. So if the maximum number of tails is open, a new tail replaces
 * the oldest one, if that has been open for this long. If the client of the replaced tail is still there, it can reconnect.
 */
const REPLACE_TAIL_MS = 60_000;
/** A new export replaces one whose client has read nothing for this long. Node's timeout may need twice as long to notice that. */
const REPLACE_EXPORT_MS = 30_000;

/** Decides which streams may open, and which open stream a new one replaces. */
export function createOpenStreams({ maxOpen, nowMs }: OpenStreamsOptions): OpenStreams {
  /** When each was opened, oldest first. */
  const tails = new Map<End, number>();
  const exports = new Set<End>();
  /** The time since which each export has been waiting for its client to read, oldest first. */
  const stalled = new Map<End, number>();

  function isFull(live: boolean): boolean {
    return (live ? tails : exports).size >= maxOpen;
  }

  /** The stream that a new one may replace, if any. */
  function replaceable(live: boolean): End | undefined {
    const [first] = live ? tails : stalled;
    if (first === undefined) return undefined;
    const [end, sinceMs] = first;
    const passedMs = nowMs() - sinceMs;
    // If the clock was set back, the time that has passed is unknown.
    return passedMs < 0 || passedMs >= (live ? REPLACE_TAIL_MS : REPLACE_EXPORT_MS) ? end : undefined;
  }

  function remove(end: End): void {
    for (const open of [tails, exports, stalled]) open.delete(end);
  }

  return {
    hasRoom: (live) => !isFull(live) || replaceable(live) !== undefined,
    add(end, live) {
      const replaced = isFull(live) ? replaceable(live) : undefined;
      if (replaced !== undefined) {
        remove(replaced);
        replaced("displaced");
      }
      if (live) tails.set(end, nowMs());
      else exports.add(end);
    },
    stall: (end) => void stalled.set(end, nowMs()),
    resume: (end) => void stalled.delete(end),
    remove,
    endAll(reason) {
      for (const end of [...tails.keys(), ...exports]) end(reason);
    },
  };
}
