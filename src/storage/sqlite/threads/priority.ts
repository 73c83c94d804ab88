import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/** 19 is the lowest priority. At 10, a continuous search halved the rate of incoming messages. */
const BACKGROUND_NICE = 15;

/**
 * Lowers the priority of the calling thread only, permanently: a process without privileges cannot raise it again. On Linux,
 * unlike other systems, each thread has its own priority (https://man7.org/linux/man-pages/man7/pthreads.7.html, "nice").
 */
export function lowerPriority(): void {
  try {
    const thread = readlinkSync("/proc/thread-self").split("/").at(-1);
    setPriority(Number(thread), BACKGROUND_NICE);
  } catch {
    // Slower messages during a long search are no reason not to start.
  }
}
