/** Retries what failed, after growing delays, until it succeeds. */
export interface Recovery {
  /** The attempt failed; `isRetryable`: the same attempt may succeed later. */
  failed(isRetryable: boolean): void;
  succeeded(): void;
  /** Retries at once, if anything failed. */
  now(): void;
}

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;

/** Calls `again` after a pause that grows with each failure. */
export function createRecovery(again: () => void): Recovery {
  let delayMs = FIRST_DELAY_MS;
  let timer: number | undefined;
  let isDue = false;

  function now(): void {
    clearTimeout(timer);
    if (!isDue) return;
    isDue = false;
    again();
  }

  return {
    now,
    failed(isRetryable) {
      clearTimeout(timer);
      isDue = isRetryable;
      if (!isRetryable) return;
      // Spread out, so that the pages of many readers do not retry at the same moment.
      timer = setTimeout(now, delayMs * (0.75 + Math.random() / 2));
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    },
    succeeded() {
      clearTimeout(timer);
      isDue = false;
      delayMs = FIRST_DELAY_MS;
    },
  };
}
