/** Work that is repeated until it is stopped. */
export interface Repetition {
  /** Settles once the work in progress has ended; no more begins. */
  stop(): Promise<void>;
}

/** How long the database is left alone after a failure. */
const AFTER_FAILURE_MS = 1_000;

export interface RepeatOptions {
  readonly everyMs: number;
  readonly failed: (error: unknown) => void;
}

/** Runs `work` again `everyMs` after a run that succeeded, or `AFTER_FAILURE_MS` after one that failed. Reports failures to `failed`. */
export function repeat(work: () => Promise<void>, options: RepeatOptions): Repetition {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay = Promise.resolve();

  async function once(): Promise<void> {
    let delayMs = options.everyMs;
    try {
      await work();
    } catch (error) {
      // Work that a stop interrupts has not failed.
      if (!isStopped) options.failed(error);
      delayMs = AFTER_FAILURE_MS;
    }
    if (!isStopped) schedule(delayMs);
  }

  function schedule(delayMs: number): void {
    timer = setTimeout(() => {
      underWay = once();
    }, delayMs).unref();
  }

  schedule(options.everyMs);
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
      return underWay;
    },
  };
}
