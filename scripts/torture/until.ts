import { setTimeout } from "node:timers/promises";

const POLL_MS = 10;
const LIMIT_MS = 60_000;

/** Waits until something is so; rejects, naming what is required, where that takes too long. */
export async function until(isSo: () => Promise<boolean>, required: string): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Cannot go on: ${required} within ${LIMIT_MS} ms`);
    await setTimeout(POLL_MS);
  }
}
