import { setTimeout } from "node:timers/promises";

const POLL_MS = 10;
const LIMIT_MS = 60_000;

export interface UntilOptions {
  readonly limitMs?: number;
  /** The pause between two checks. Choose a longer one if a check takes CPU time from the service. */
  readonly everyMs?: number;
}

/** Waits until a condition holds; rejects, naming what is required, if that takes too long. */
export async function until(isSo: () => Promise<boolean>, required: string, options: UntilOptions = {}): Promise<void> {
  const { limitMs = LIMIT_MS, everyMs = POLL_MS } = options;
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Cannot continue: ${required} within ${limitMs} ms`);
    await setTimeout(everyMs);
  }
}
