import { performance } from "node:perf_hooks";

/** A record takes the main thread 20 to 70 µs, and there may be thousands of commits a second. */
const RECORD_MS = 20;

/** Keeps a record of the highest `seq` that was given. It is updated soon after each commit, and before any reader sees that `seq`. */
export interface GivenSeq {
  grew(created: number): void;
  /** Records what is not recorded yet. A `seq` that a reader has seen must be in the record, even after kill -9. */
  flush(): void;
}

/** `record` stores the highest `seq` given; `last` is already stored. */
export function createGivenSeq(last: number, record: (last: number) => void): GivenSeq {
  let recorded = last;
  let recordedAtMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (recorded === last) return;
    recorded = last;
    recordedAtMs = performance.now();
    record(last);
  }

  return {
    grew(created) {
      last += created;
      if (created === 0 || timer !== undefined) return;
      const restMs = recordedAtMs + RECORD_MS - performance.now();
      if (restMs > 0) timer = setTimeout(flush, restMs).unref();
      else flush();
    },
    flush,
  };
}
