/** The first wait after a failure. Each further failure in a row doubles it, with jitter so that clients do not retry in step. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** The longest wait that `Retry-After` can request: a longer one would look like a hang, and a timer can hold only 2^31 ms. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

export interface BackoffOptions {
  wait(ms: number): Promise<void>;
  /** The maximum total wait without a success in between. */
  readonly limitMs: number;
}

/** Waits between attempts; all attempts in progress share one wait. */
export interface Backoff {
  succeeded(): void;
  /** Waits for the time in `Retry-After`; without it, longer each time. Returns false at once if the limit is reached. */
  pause(retryAfter: string | undefined): Promise<boolean>;
}

/** Waits longer after each failure, and at most `limitMs` in total. */
export function createBackoff({ wait, limitMs }: BackoffOptions): Backoff {
  let failures = 0;
  let waitedMs = 0;
  let pausing: Promise<void> | undefined;
  return {
    succeeded() {
      failures = 0;
      waitedMs = 0;
    },
    async pause(retryAfter) {
      if (pausing === undefined) {
        if (waitedMs >= limitMs) return false;
        const ms = retryAfterMs(retryAfter, Date.now()) ?? backoffMs(failures, Math.random());
        failures += 1;
        waitedMs += ms;
        pausing = wait(ms).finally(() => {
          pausing = undefined;
        });
      }
      await pausing;
      return true;
    },
  };
}

/** `chance`, from 0 to 1, scales the wait from half of its full length to all of it. */
export function backoffMs(failures: number, chance: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS) * (0.5 + chance / 2);
}

/** The value of `Retry-After` (RFC 9110, section 10.2.3), seconds or a date; undefined if it is absent or neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const ms = value === undefined ? NaN : /^[0-9]+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}
