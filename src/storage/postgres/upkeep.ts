import type { Engine } from "./engine.ts";
import { repeat } from "./repeat.ts";

/** How soon commits of other receivers are noticed: tails must deliver them within 250 ms. */
const LOOK_MS = 100;
const CLEAN_MS = 100;
const COUNT_MS = 1_000;
/**
 * While this receiver commits all the time, its own count is kept instead of the one that was read, at most this many times in a
 * row.
 */
const MAX_COUNTS_DROPPED = 10;

export interface UpkeepOptions {
  /** Called with the reason of a failure, once if it repeats. */
  readonly failed: (reason: string) => void;
  /** Called when another receiver may have committed messages. */
  readonly onOthersCommitted: () => void;
}

/** The work after commits, which one receiver does at a time, and how each receiver notices the commits of others. */
export interface Upkeep {
  /** How many messages are stored, as far as this receiver knows. */
  count(): number;
  /** This receiver has added or removed messages. */
  changed(messages: number): void;
  stop(): Promise<void>;
}

type Worker = Pick<Engine, "derive" | "clean" | "own">;

/** Rejects if the database cannot be read. */
export async function startUpkeep(engine: Worker, { failed, onOthersCommitted }: UpkeepOptions): Promise<Upkeep> {
  let [stored, last] = await Promise.all([engine.own.count(), engine.own.lastSequence()]);
  let changes = 0;
  let dropped = 0;
  // Earlier processes may have left some work.
  let cleanedUpTo = -1;
  let reported: string | undefined;

  async function look(): Promise<void> {
    const newest = await engine.own.lastSequence();
    if (newest === last) return;
    last = newest;
    onOthersCommitted();
  }

  async function clean(): Promise<void> {
    const upTo = last;
    if (upTo === cleanedUpTo) return;
    await engine.clean();
    cleanedUpTo = upTo;
  }

  async function count(): Promise<void> {
    while (await engine.derive());
    const known = changes;
    const counted = await engine.own.count();
    // The number may or may not include a commit that this receiver made meanwhile.
    if (changes !== known && dropped < MAX_COUNTS_DROPPED) {
      dropped += 1;
      return;
    }
    dropped = 0;
    stored = counted;
  }

  function report(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== reported) failed(`Cannot count or index committed messages, trying again: ${reason}`);
    reported = reason;
  }

  const work = [
    repeat(look, { everyMs: LOOK_MS, failed: report }),
    repeat(clean, { everyMs: CLEAN_MS, failed: report }),
    repeat(count, { everyMs: COUNT_MS, failed: report }),
  ];
  return {
    count: () => stored,
    changed(messages) {
      if (messages === 0) return;
      changes += 1;
      stored += messages;
    },
    async stop() {
      await Promise.all(work.map((one) => one.stop()));
    },
  };
}
