import { setTimeout } from "node:timers/promises";

const LIMIT_MS = 5_000;
const EVERY_MS = 5;

export interface UntilOptions {
  /** For something that takes longer on a busy machine, such as the start of a process. */
  readonly limitMs?: number;
}

/**
 * Polls a condition that no event announces. If it is not true within 5 s, the error contains `label`, which says what must become
 * true.
 */
export async function until(label: string, isTrue: () => boolean | Promise<boolean>, { limitMs = LIMIT_MS }: UntilOptions = {}): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`within ${limitMs} ms: ${label}`);
    await setTimeout(EVERY_MS);
  }
}
