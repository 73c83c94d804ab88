import type { Cancellation } from "../cancellation.ts";
import type { Prepare } from "./rows.ts";

/** A long read rests this many times as long as it has worked. */
const REST_FACTOR = 2;

/**
 * Lets a long read rest between its transactions while other connections write: priorities alone do not keep it from taking CPU
 * and cache from incoming messages. If nothing is written it does not rest. Throws `Cancelled` once the read is cancelled.
 */
export function createGiveWay(prepare: Prepare, cancellation: Cancellation): (workedMs: number) => void {
  let seen: unknown;
  return (workedMs) => {
    // Changes with each commit of another connection (https://www.sqlite.org/pragma.html#pragma_data_version).
    const version = prepare("PRAGMA data_version").get()?.["data_version"];
    if (version !== seen) cancellation.rest(REST_FACTOR * workedMs);
    else cancellation.check();
    seen = version;
  };
}
