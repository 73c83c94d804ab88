import { parseStoredTime } from "../../core/stored-time.ts";

const DAY_MS = 86_400_000;
/** How far the wall clock may be ahead of what the store expects: a service may be stopped over a weekend. */
const MAX_JUMP_MS = 3 * DAY_MS;
/** A clock that jumped ahead further is trusted once it has run at the speed of the monotonic clock for this long. */
export const CONFIRMED_AFTER_MS: number = DAY_MS;

/** What both clocks showed at one moment, in milliseconds; the monotonic clock counts from an origin of its own. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** A forward jump of the wall clock. */
export interface Jump {
  readonly wallMs: number;
  /** What it should have shown at that moment, at least. */
  readonly expectedMs: number;
}

/** Whether the wall clock may be trusted to determine which messages are old. */
export interface ClockTrust {
  /** Undefined if the clock may be trusted. Otherwise the unconfirmed jump; the same jump is always the same object. */
  jumpAt(now: Moment): Jump | undefined;
  /** The operator confirms that the wall clock is right. */
  confirm(now: Moment): void;
}

/**
 * `receivedAt` is the `created_at` of the newest message received at least `CONFIRMED_AFTER_MS` ago by the clock; without it, or if
 * it is not a time, the clock is trusted at the start. Since that message, the clock has either advanced normally, or has jumped and
 * is not confirmed yet.
 */
export function createClockTrust(receivedAt: string | undefined, start: Moment): ClockTrust {
  const receivedMs = parseStoredTime(receivedAt ?? "")?.epochMs ?? start.wallMs;
  let believed: Moment = start.wallMs - receivedMs > MAX_JUMP_MS ? { ...start, wallMs: receivedMs } : start;
  let suspected: { readonly jump: Jump; readonly at: Moment } | undefined;

  function believe(moment: Moment): undefined {
    believed = moment;
    suspected = undefined;
  }

  return {
    jumpAt(now) {
      const expectedMs = after(believed, now);
      if (now.wallMs - expectedMs <= MAX_JUMP_MS) {
        // Small steps ahead add up to a jump; a step back is trusted at once, since it removes nothing.
        return believe(now.wallMs < expectedMs ? now : believed);
      }
      if (suspected === undefined || Math.abs(now.wallMs - after(suspected.at, now)) > MAX_JUMP_MS) {
        suspected = { jump: { wallMs: now.wallMs, expectedMs }, at: now };
      } else if (now.monotonicMs - suspected.at.monotonicMs >= CONFIRMED_AFTER_MS) {
        return believe(now);
      }
      return suspected.jump;
    },
    confirm: believe,
  };
}

/** What the wall clock shows now if both clocks have run at the same speed since then. */
function after(then: Moment, now: Moment): number {
  return then.wallMs + (now.monotonicMs - then.monotonicMs);
}
