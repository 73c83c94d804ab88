/** The call that the thread is doing was cancelled. */
export class Cancelled extends Error {
  override name = "Cancelled";
}

/** Lets a thread notice that the call that it is doing was cancelled. */
export interface Cancellation {
  /** Throws `Cancelled` if it was. */
  check(): void;
  /** Sleeps for this many milliseconds, or until the call is cancelled; then checks. */
  rest(ms: number): void;
}

/** A cell that another thread sets to cancel a call, or all that the thread waits for. */
export type CancellationFlag = Int32Array<SharedArrayBuffer>;

export function createCancellationFlag(): CancellationFlag {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Wakes the thread if it sleeps. */
export function cancel(flag: CancellationFlag): void {
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}

/** Whether the flag was set. */
export function isCancelled(flag: CancellationFlag): boolean {
  return Atomics.load(flag, 0) !== 0;
}

/** `current` returns the flag of the call that the thread is doing. */
export function createCancellation(current: () => CancellationFlag | undefined): Cancellation {
  const never = createCancellationFlag();
  function check(): void {
    if (isCancelled(current() ?? never)) throw new Cancelled("the call was cancelled");
  }
  return {
    check,
    rest(ms) {
      Atomics.wait(current() ?? never, 0, 0, ms);
      check();
    },
  };
}
