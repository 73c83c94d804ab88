/** Tries again what failed, after growing delays, until it is told that it worked. */
export interface Recovery {
  /** It failed; `later`: it may work at another time, with nothing changed. */
  failed(later: boolean): void;
  worked(): void;
  /** Tries at once, if anything failed. */
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
    failed(later) {
      clearTimeout(timer);
      isDue = later;
      if (!later) return;
      // Spread out, so that the pages of many readers do not come back at one moment.
      timer = setTimeout(now, delayMs * (0.75 + Math.random() / 2));
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    },
    worked() {
      clearTimeout(timer);
      isDue = false;
      delayMs = FIRST_DELAY_MS;
    },
  };
}
