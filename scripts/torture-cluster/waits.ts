import type { Ledger } from "../torture/ledger.ts";

/** A ledger that also measures how long senders were without a 200. */
export interface TimedLedger extends Ledger {
  /** The longest time since `begin` without a 200, in milliseconds; includes the time since the last one. */
  longestWaitMs(): number;
  begin(): void;
}

export function timeAnswers(ledger: Ledger, nowMs: () => number = () => performance.now()): TimedLedger {
  let lastMs = nowMs();
  let longestMs = 0;
  return {
    ...ledger,
    ended(attempt, outcome) {
      ledger.ended(attempt, outcome);
      if (outcome !== "stored") return;
      longestMs = Math.max(longestMs, nowMs() - lastMs);
      lastMs = nowMs();
    },
    longestWaitMs: () => Math.max(longestMs, nowMs() - lastMs),
    begin() {
      longestMs = 0;
      lastMs = nowMs();
    },
  };
}
