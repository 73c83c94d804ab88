import type { Report } from "../../postgres/errors.ts";

/** Whether a commit stands where it was sent, but perhaps nowhere else. The routine is not translated, the text is (syncrep.c). */
export function isCancelledWait({ routine }: Report): boolean {
  return routine === "SyncRepWaitForLSN";
}
