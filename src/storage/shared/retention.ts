import { performance } from "node:perf_hooks";
import type { Clock } from "../../core/clock.ts";
import { parseStoredTime } from "../../core/stored-time.ts";
import type { RetentionFailure, RetentionSuspension } from "../../core/store.ts";
import { CONFIRMED_AFTER_MS, createClockTrust, type ClockTrust, type Leap, type Moment } from "./clock-trust.ts";

const DAY_MS = 86_400_000;
/** How often it is looked whether the oldest messages have become too old, … */
const CHECK_MS = 60_000;
/** … and how often at every message: one that was received with a clock ahead stands before others that are older. */
const SWEEP_MS = DAY_MS;
/** After each transaction the writer is left to the messages that come in for this many times as long as that took, … */
const PAUSE_FACTOR = 3;
/** … but not for longer: on a busy machine most of that time was spent waiting for a processor. */
const MAX_PAUSE_MS = 1_000;

/** What one transaction has removed. */
export interface Removed {
  readonly messages: number;
  /** More are to be removed; if none was removed, the engine needs some time first. */
  readonly more: boolean;
}

/** What has been done with some of the messages, in the order of commits. */
export interface RemovedOld {
  readonly messages: number;
  /** The last `seq` that was looked at; undefined if it is that of the newest message. */
  readonly next: number | undefined;
}

/** Which messages are too old, and where to look for some of them: after this `seq`. */
export interface OldMessages {
  readonly beforeMs: number;
  readonly after: number;
}

/** Which messages are old enough to prove a clock, and where to look for one: before this `seq`. */
export interface LookBack {
  readonly beforeMs: number;
  readonly before: number;
}

/** Some of the messages, going back in the order of commits. */
export interface LookedBack {
  /** The `created_at` of the newest of them that was received in time; undefined if none was. */
  readonly receivedAt: string | undefined;
  /** The last `seq` that was looked at; undefined if it is that of the oldest message. */
  readonly next: number | undefined;
}

/** What an engine does for retention. Both may reject; it is tried again. */
export interface RetentionEngine {
  /** Looks at the next rows, a few milliseconds' worth, and removes those that are old enough: see `isReceivedBefore`. */
  removeOld(which: OldMessages): Promise<RemovedOld>;
  /** Goes back from before this `seq`, over a few rows, to a message that was received before: see `isReceivedBefore`. */
  lookBack(which: LookBack): Promise<LookedBack>;
}

export interface RetentionOptions {
  /** Messages are kept for this many days from their receipt. */
  readonly days: number;
  readonly clock: Clock;
  /** The monotonic clock of the process, in milliseconds. */
  readonly monotonicMs?: () => number;
  /** Told after each transaction how many messages it has removed. */
  readonly onRemoved: (count: number) => void;
  /** Told once nothing more is old enough, if anything was removed since it was told last. */
  readonly onRunEnded?: ((run: { readonly messages: number; readonly before: string }) => void) | undefined;
  /** Told once for each leap of the clock that nothing is removed until it is confirmed. */
  readonly onSuspended?: ((suspension: RetentionSuspension) => void) | undefined;
  /** Told each time that something of it failed; it is tried again. */
  readonly onFailed?: ((failure: RetentionFailure) => void) | undefined;
}

/** Retention at work. */
export interface Retention {
  /** The operator says that the clock is right: it continues at once. */
  confirmClock(): void;
  stop(): void;
}

/** Whether a message of this `created_at` was received before. One whose `created_at` is not a time is kept. */
export function isReceivedBefore(createdAt: string, beforeMs: number): boolean {
  const received = parseStoredTime(createdAt);
  return received !== undefined && received.epochMs < beforeMs;
}

/** Removes messages that have become too old, a few at a time, until it is stopped. While the clock is in doubt it removes none. */
export function startRetention(engine: RetentionEngine, options: RetentionOptions): Retention {
  const { clock, monotonicMs = () => performance.now() } = options;
  let stopped = false;
  let working = false;
  let timer: NodeJS.Timeout | undefined;
  let run: { readonly messages: number; readonly before: string } | undefined;
  let after = 0;
  let sweptAtMs: number | undefined;
  const now = (): Moment => ({ wallMs: clock.nowMs(), monotonicMs: monotonicMs() });
  const doubt = createDoubt(engine, { now, isOver: () => stopped, onSuspended: options.onSuspended });
  const failures = createFailures(options.onFailed);

  /** Gives whether to continue at once. */
  async function removeSome(): Promise<boolean> {
    if (await doubt.isThere() || stopped) return false;
    const isSweep = sweptAtMs === undefined || monotonicMs() - sweptAtMs >= SWEEP_MS;
    const beforeMs = clock.nowMs() - options.days * DAY_MS;
    const { messages, next } = await engine.removeOld({ beforeMs, after });
    if (messages > 0) {
      options.onRemoved(messages);
      run = { messages: (run?.messages ?? 0) + messages, before: toText(beforeMs) };
    }
    failures.clear();
    if (next === undefined) sweptAtMs = monotonicMs();
    after = next ?? 0;
    return next !== undefined && (messages > 0 || isSweep);
  }

  async function work(): Promise<void> {
    const startedAtMs = monotonicMs();
    working = true;
    const more = await removeSome().catch((error: unknown) => {
      // What a stop cuts off has not failed.
      if (!stopped) failures.report(error);
      return false;
    });
    working = false;
    if (!more) after = 0;
    if (!more || stopped) endRun();
    if (!stopped) schedule(more ? Math.min(MAX_PAUSE_MS, PAUSE_FACTOR * (monotonicMs() - startedAtMs)) : CHECK_MS);
  }

  function endRun(): void {
    if (run !== undefined) options.onRunEnded?.(run);
    run = undefined;
  }

  function schedule(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void work(), delayMs).unref();
  }

  schedule(0);
  return {
    confirmClock() {
      doubt.confirm();
      if (!stopped && !working) schedule(0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      endRun();
    },
  };
}

/** Whether the clock may be wrong. */
interface Doubt {
  /** Rejects if the messages cannot be read. */
  isThere(): Promise<boolean>;
  confirm(): void;
}

interface DoubtOptions extends Pick<RetentionOptions, "onSuspended"> {
  readonly now: () => Moment;
  readonly isOver: () => boolean;
}

/** Tells each leap of the clock once. */
function createDoubt(engine: Pick<RetentionEngine, "lookBack">, { now, isOver, onSuspended }: DoubtOptions): Doubt {
  let trust: ClockTrust | undefined;
  let isConfirmed = false;
  let reported: Leap | undefined;

  /** When the newest message was received that proves the clock: those of the last day may have come after it leapt, before a restart. */
  async function readProof(): Promise<string | undefined> {
    const beforeMs = now().wallMs - CONFIRMED_AFTER_MS;
    let looked: LookedBack = { receivedAt: undefined, next: Number.MAX_SAFE_INTEGER };
    while (looked.receivedAt === undefined && looked.next !== undefined && !isOver()) {
      looked = await engine.lookBack({ beforeMs, before: looked.next });
    }
    return looked.receivedAt;
  }

  return {
    async isThere() {
      if (trust === undefined) {
        trust = createClockTrust(await readProof(), now());
        if (isConfirmed) trust.confirm(now());
      }
      const leap = trust.leapAt(now());
      if (leap !== undefined && leap !== reported) onSuspended?.(toSuspension(leap));
      reported = leap;
      return leap !== undefined;
    },
    confirm() {
      // The messages may not have been read yet.
      isConfirmed = true;
      trust?.confirm(now());
    },
  };
}

/** What has failed since it succeeded last. */
interface Failures {
  report(error: unknown): void;
  clear(): void;
}

function createFailures(onFailed: RetentionOptions["onFailed"]): Failures {
  const reported = new Set<string>();
  return {
    report(error) {
      const reason = error instanceof Error ? error.message : String(error);
      onFailed?.({ reason, isNew: !reported.has(reason) });
      reported.add(reason);
    },
    clear: () => reported.clear(),
  };
}

function toSuspension({ wallMs, expectedMs }: Leap): RetentionSuspension {
  return { clock: toText(wallMs), expected: toText(expectedMs), until: toText(wallMs + CONFIRMED_AFTER_MS) };
}

function toText(ms: number): string {
  return new Date(ms).toISOString();
}
