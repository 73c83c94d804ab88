import type { Prepare } from "./rows.ts";

/** A long read rests for so many times as long as it has worked. */
const REST_FACTOR = 2;

/**
 * Lets a long read rest between its transactions while other connections write: priorities alone do not keep it from
 * taking processors and caches from the messages that come in. With nothing written it does not rest.
 */
export function createGiveWay(prepare: Prepare): (workedMs: number) => void {
  const sleeper = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let seen: unknown;
  return (workedMs) => {
    // Changes with each commit of another connection (https://www.sqlite.org/pragma.html#pragma_data_version).
    const version = prepare("PRAGMA data_version").get()?.["data_version"];
    if (version !== seen) Atomics.wait(sleeper, 0, 0, REST_FACTOR * workedMs);
    seen = version;
  };
}
