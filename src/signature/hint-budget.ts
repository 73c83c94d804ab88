import type { Clock } from "../core/clock.ts";

/** Few, because a flood of bad signatures must stay cheap; a misconfigured sender sends again, so its hint is not lost. */
const HINTS_PER_SECOND = 3;

/** Returns true for the first few calls within a second. */
export function createHintBudget(clock: Clock): () => boolean {
  let sinceMs = -Infinity;
  let spent = 0;
  return () => {
    const nowMs = clock.nowMs();
    // A clock that was set back must not suppress hints until it has caught up.
    if (nowMs - sinceMs >= 1000 || nowMs < sinceMs) {
      sinceMs = nowMs;
      spent = 0;
    }
    spent += 1;
    return spent <= HINTS_PER_SECOND;
  };
}
