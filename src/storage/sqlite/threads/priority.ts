import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/** Of 19: at 10 a search without pause took half of the messages a second that came in beside it. */
const BACKGROUND_NICE = 15;

/**
 * Lowers the priority of the calling thread alone, for good: a process without privileges cannot raise it again. Linux has a priority
 * for each thread, other systems have not (https://man7.org/linux/man-pages/man7/pthreads.7.html, "nice").
 */
export function lowerPriority(): void {
  try {
    const thread = readlinkSync("/proc/thread-self").split("/").at(-1);
    setPriority(Number(thread), BACKGROUND_NICE);
  } catch {
    // Slower messages beside a long search are no reason not to start.
  }
}
