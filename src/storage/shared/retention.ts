import { performance } from "node:perf_hooks";
import type { Clock } from "../../core/clock.ts";

const DAY_MS = 86_400_000;
/** How often it is looked whether a message has become too old. */
const CHECK_MS = 60_000;
/** After each transaction the writer is left to the messages that come in for so many times as long as that took. */
const PAUSE_FACTOR = 3;

/** What one transaction has removed. */
export interface Removed {
  readonly messages: number;
  /** More are old enough; if none was removed, the engine needs some time first. */
  readonly more: boolean;
}

/** Removes some of the messages received before `before` (a `created_at`), a few milliseconds' worth. */
export type RemoveSome = (before: string) => Promise<Removed>;

export interface RetentionOptions {
  /** Messages are kept for so many days from their receipt. */
  readonly days: number;
  readonly clock: Clock;
  /** Told after each transaction how many messages it has removed. */
  readonly onRemoved: (count: number) => void;
  /** Told once nothing more is old enough, if anything was removed since it was told last. */
  readonly onRunEnded?: ((run: { readonly messages: number; readonly before: string }) => void) | undefined;
}

/** Removes messages that have become too old, a few at a time, until it is stopped. */
export function startRetention(removeOld: RemoveSome, options: RetentionOptions): { stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let run: { readonly messages: number; readonly before: string } | undefined;

  async function removeSome(): Promise<void> {
    const startedAt = performance.now();
    const before = new Date(options.clock.nowMs() - options.days * DAY_MS).toISOString();
    // Where it fails, the next message meets the same fault and reports it.
    const { messages, more } = await removeOld(before).catch(() => ({ messages: 0, more: false }));
    if (messages > 0) {
      options.onRemoved(messages);
      run = { messages: (run?.messages ?? 0) + messages, before };
    }
    if (!more || stopped) endRun();
    if (!stopped) schedule(more ? PAUSE_FACTOR * (performance.now() - startedAt) : CHECK_MS);
  }

  function endRun(): void {
    if (run !== undefined) options.onRunEnded?.(run);
    run = undefined;
  }

  function schedule(delayMs: number): void {
    timer = setTimeout(() => void removeSome(), delayMs).unref();
  }

  schedule(0);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      endRun();
    },
  };
}
