import { parseStoredTime } from "../../core/stored-time.ts";

const DAY_MS = 86_400_000;
/** How far the wall clock may be ahead of what the store has seen: a service may stand still over a weekend. */
const MAX_LEAP_MS = 3 * DAY_MS;
/** A clock that has leapt further is trusted after it has run at the speed of the monotonic clock for this long. */
export const CONFIRMED_AFTER_MS: number = DAY_MS;

/** What both clocks showed at one moment, in milliseconds; the monotonic clock counts from an origin of its own. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** A leap of the wall clock ahead. */
export interface Leap {
  readonly wallMs: number;
  /** What it should have shown at that moment, at least. */
  readonly expectedMs: number;
}

/** Whether to trust the wall clock when it says that messages are old. */
export interface ClockTrust {
  /** Undefined if it may be trusted. Otherwise the unconfirmed leap, the same object as long as it is the same leap. */
  leapAt(now: Moment): Leap | undefined;
  /** The operator confirms that the wall clock is right. */
  confirm(now: Moment): void;
}

/**
 * Begins with the `created_at` of a message, if there is one and it is a time: the newest that was received at least
 * `CONFIRMED_AFTER_MS` ago by the clock. From then on the clock has gone on, or has leapt and is not confirmed yet.
 */
export function createClockTrust(receivedAt: string | undefined, start: Moment): ClockTrust {
  const receivedMs = parseStoredTime(receivedAt ?? "")?.epochMs ?? start.wallMs;
  let believed: Moment = start.wallMs - receivedMs > MAX_LEAP_MS ? { ...start, wallMs: receivedMs } : start;
  let suspected: { readonly leap: Leap; readonly at: Moment } | undefined;

  function believe(moment: Moment): undefined {
    believed = moment;
    suspected = undefined;
  }

  return {
    leapAt(now) {
      const expectedMs = after(believed, now);
      if (now.wallMs - expectedMs <= MAX_LEAP_MS) {
        // Small steps ahead add up to a leap; a step back is trusted at once, since it removes nothing.
        return believe(now.wallMs < expectedMs ? now : believed);
      }
      if (suspected === undefined || Math.abs(now.wallMs - after(suspected.at, now)) > MAX_LEAP_MS) {
        suspected = { leap: { wallMs: now.wallMs, expectedMs }, at: now };
      } else if (now.monotonicMs - suspected.at.monotonicMs >= CONFIRMED_AFTER_MS) {
        return believe(now);
      }
      return suspected.leap;
    },
    confirm: believe,
  };
}

/** What the wall clock shows now if both clocks have run at the same speed since then. */
function after(then: Moment, now: Moment): number {
  return then.wallMs + (now.monotonicMs - then.monotonicMs);
}
