import { setTimeout } from "node:timers/promises";

const LIMIT_MS = 5_000;
const EVERY_MS = 5;

export interface UntilOptions {
  /** For what takes longer on a busy machine, such as the start of a process. */
  readonly limitMs?: number;
}

/** Waits for what nothing tells of. `label` says what must become true, for the error if it does not within 5 s. */
export async function until(label: string, isTrue: () => boolean | Promise<boolean>, { limitMs = LIMIT_MS }: UntilOptions = {}): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`within ${limitMs} ms: ${label}`);
    await setTimeout(EVERY_MS);
  }
}
