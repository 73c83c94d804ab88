import { setTimeout } from "node:timers/promises";

const POLL_MS = 250;
/** How long the process must be idle: longer than the two seconds for which a message may wait for the index. */
const QUIET_MS = 2_500;
/** Two ticks of /proc in one interval; a service without work needs less than one. */
const BUSY_SECONDS = 0.02;
const LIMIT_MS = 600_000;

export interface Settled {
  /** CPU seconds of the process so far. */
  readonly cpuSeconds: number;
  /** The time from the call until the process last worked, in seconds, rounded to a quarter of a second; 0 if it had no work. */
  readonly busySeconds: number;
}

export interface SettleOptions {
  readonly pause?: (ms: number) => Promise<unknown>;
}

/**
 * Waits until a process has finished its background work: until its CPU seconds have not risen for 2.5 s. Rejects if it still
 * works after ten minutes. `cpuSeconds` reads its CPU seconds so far.
 */
export async function settle(cpuSeconds: () => number, { pause = setTimeout }: SettleOptions = {}): Promise<Settled> {
  let before = cpuSeconds();
  let waitedMs = 0;
  let busyMs = 0;
  while (waitedMs - busyMs < QUIET_MS) {
    if (waitedMs >= LIMIT_MS) throw new Error(`Cannot measure: the service must finish its backlog within ${LIMIT_MS / 1000} s`);
    await pause(POLL_MS);
    waitedMs += POLL_MS;
    const now = cpuSeconds();
    if (now - before >= BUSY_SECONDS) busyMs = waitedMs;
    before = now;
  }
  return { cpuSeconds: before, busySeconds: busyMs / 1000 };
}
