import type { Report } from "../../postgres/errors.ts";

/**
 * Whether a commit is on the server that made it, but possibly on no standby. Compares the routine, since the text is
 * translated (syncrep.c).
 */
export function isCancelledWait({ routine }: Report): boolean {
  return routine === "SyncRepWaitForLSN";
}
