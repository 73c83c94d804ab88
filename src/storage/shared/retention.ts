import { performance } from "node:perf_hooks";
import type { Clock } from "../../core/clock.ts";
import { parseStoredTime } from "../../core/stored-time.ts";
import type { RetentionFailure, RetentionSuspension } from "../../core/store.ts";
import { CONFIRMED_AFTER_MS, createClockTrust, type ClockTrust, type Jump, type Moment } from "./clock-trust.ts";

const DAY_MS = 86_400_000;
/** How often retention checks whether the oldest messages are too old. */
const CHECK_MS = 60_000;
/** How often retention checks every message: one that was received while the clock was ahead may come before messages that are older. */
const SWEEP_MS = DAY_MS;
/** After each transaction, retention pauses for this many times the transaction's duration, so that the writer can store messages. */
const PAUSE_FACTOR = 3;
/** The maximum pause: on a busy machine most of a transaction's duration was spent waiting for a CPU. */
const MAX_PAUSE_MS = 1_000;

/** The result of one transaction. */
export interface Removed {
  readonly messages: number;
  /** Whether there may be more to remove. */
  readonly more: boolean;
}

/** The result for some of the messages, in commit order. */
export interface RemovedOld {
  readonly messages: number;
  /** The last `seq` examined; undefined if the newest message has been examined. */
  readonly next: number | undefined;
}

/** Which messages are too old, and after which `seq` to look for them. */
export interface OldMessages {
  readonly beforeMs: number;
  readonly after: number;
}

/** Which messages are old enough to prove the clock, and before which `seq` to look for one. */
export interface LookBack {
  readonly beforeMs: number;
  readonly before: number;
}

/** The result of looking at some messages, backwards in commit order. */
export interface LookedBack {
  /** The `created_at` of the newest message examined that was received before `beforeMs`; undefined if there is none. */
  readonly receivedAt: string | undefined;
  /** The last `seq` examined; undefined if the oldest message has been examined. */
  readonly next: number | undefined;
}

/** What an engine does for retention. Both may reject, and are retried. */
export interface RetentionEngine {
  /** Examines the next rows for a few milliseconds, and removes those received before `beforeMs`: see `isReceivedBefore`. */
  removeOld(which: OldMessages): Promise<RemovedOld>;
  /** Examines a few rows backwards from `before`, to find a message received before `beforeMs`: see `isReceivedBefore`. */
  lookBack(which: LookBack): Promise<LookedBack>;
}

export interface RetentionOptions {
  /** How many days messages are kept after their receipt. */
  readonly days: number;
  readonly clock: Clock;
  /** The monotonic clock of the process, in milliseconds. */
  readonly monotonicMs?: () => number;
  /** Called after each transaction with the number of messages that it removed. */
  readonly onRemoved: (count: number) => void;
  /** Called when a run that removed messages ends: nothing more is old enough, or the run was interrupted. */
  readonly onRunEnded?: ((run: { readonly messages: number; readonly before: string }) => void) | undefined;
  /** Called once for each jump of the clock: nothing is removed until the clock is confirmed. */
  readonly onSuspended?: ((suspension: RetentionSuspension) => void) | undefined;
  /** Called with each failure; the work is retried. */
  readonly onFailed?: ((failure: RetentionFailure) => void) | undefined;
}

/** Retention in progress. */
export interface Retention {
  /** The operator confirms that the clock is right: retention continues at once. */
  confirmClock(): void;
  stop(): void;
}

/** Whether a message with this `created_at` was received before `beforeMs`; false if `created_at` is not a time. */
export function isReceivedBefore(createdAt: string, beforeMs: number): boolean {
  const received = parseStoredTime(createdAt);
  return received !== undefined && received.epochMs < beforeMs;
}

/**
 * Removes messages that have become too old, a few at a time, until it is stopped. While the clock is in doubt, it removes
 * none.
 */
export function startRetention(engine: RetentionEngine, options: RetentionOptions): Retention {
  const { clock, monotonicMs = () => performance.now() } = options;
  let stopped = false;
  let working = false;
  /** The clock was confirmed since the work began. */
  let isDue = false;
  let timer: NodeJS.Timeout | undefined;
  let run: { readonly messages: number; readonly before: string } | undefined;
  let after = 0;
  let sweptAtMs: number | undefined;
  const now = (): Moment => ({ wallMs: clock.nowMs(), monotonicMs: monotonicMs() });
  const suspension = createSuspension(engine, { now, isOver: () => stopped, onSuspended: options.onSuspended });
  const failures = createFailures(options.onFailed);

  /** Returns whether to continue at once. */
  async function removeSome(): Promise<boolean> {
    if (await suspension.isActive() || stopped) return false;
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
    isDue = false;
    const more = await removeSome().catch((error: unknown) => {
      // Work that a stop interrupts has not failed.
      if (!stopped) failures.report(error);
      return false;
    });
    working = false;
    if (!more) after = 0;
    if (!more || stopped) endRun();
    const pauseMs = Math.min(MAX_PAUSE_MS, PAUSE_FACTOR * (monotonicMs() - startedAtMs));
    if (!stopped) schedule(isDue || more ? pauseMs : CHECK_MS);
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
      suspension.confirm();
      isDue = true;
      if (!stopped && !working) schedule(0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      endRun();
    },
  };
}

/** Suspends retention while the clock is in doubt. */
interface Suspension {
  /** Rejects if the messages cannot be read. */
  isActive(): Promise<boolean>;
  confirm(): void;
}

interface SuspensionOptions extends Pick<RetentionOptions, "onSuspended"> {
  readonly now: () => Moment;
  readonly isOver: () => boolean;
}

/** Reports each jump of the clock once. */
function createSuspension(engine: Pick<RetentionEngine, "lookBack">, { now, isOver, onSuspended }: SuspensionOptions): Suspension {
  let trust: ClockTrust | undefined;
  let isConfirmed = false;
  let reported: Jump | undefined;

  /**
   * The `created_at` of the newest message that proves the clock. Messages of the last day do not prove it: they may have arrived
   * between a jump and a restart.
   */
  async function readProof(): Promise<string | undefined> {
    const beforeMs = now().wallMs - CONFIRMED_AFTER_MS;
    let looked: LookedBack = { receivedAt: undefined, next: Number.MAX_SAFE_INTEGER };
    while (looked.receivedAt === undefined && looked.next !== undefined && !isOver()) {
      looked = await engine.lookBack({ beforeMs, before: looked.next });
    }
    return looked.receivedAt;
  }

  return {
    async isActive() {
      if (trust === undefined) {
        trust = createClockTrust(await readProof(), now());
        if (isConfirmed) trust.confirm(now());
      }
      const jump = trust.jumpAt(now());
      if (jump !== undefined && jump !== reported) onSuspended?.(toSuspension(jump));
      reported = jump;
      return jump !== undefined;
    },
    confirm() {
      // The messages may not have been read yet.
      isConfirmed = true;
      trust?.confirm(now());
    },
  };
}

/** The failures since the last success. */
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

function toSuspension({ wallMs, expectedMs }: Jump): RetentionSuspension {
  return { clock: toText(wallMs), expected: toText(expectedMs), until: toText(wallMs + CONFIRMED_AFTER_MS) };
}

function toText(ms: number): string {
  return new Date(ms).toISOString();
}
