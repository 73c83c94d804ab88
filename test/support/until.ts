import { setTimeout } from "node:timers/promises";

const LIMIT_MS = 5_000;
const EVERY_MS = 5;

/** Waits for what nothing tells of. `label` says what must become true, for the error if it does not within 5 s. */
export async function until(label: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + LIMIT_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`within ${LIMIT_MS} ms: ${label}`);
    await setTimeout(EVERY_MS);
  }
}
