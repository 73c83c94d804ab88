/** Nobody waits any more for what the thread works on. */
export class Cancelled extends Error {
  override name = "Cancelled";
}

/** Tells a thread whether anybody still waits for the call that it works on. */
export interface Cancellation {
  /** Throws `Cancelled` if nobody does. */
  check(): void;
  /** Sleeps for so many milliseconds, less if the call is cancelled meanwhile; then checks. */
  rest(ms: number): void;
}

/** A cell that another thread sets to cancel a call. */
export type CancellationFlag = Int32Array<SharedArrayBuffer>;

export function createCancellationFlag(): CancellationFlag {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Wakes the thread if it rests. */
export function cancel(flag: CancellationFlag): void {
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}

/** `current` gives the flag of the call that the thread works on. */
export function createCancellation(current: () => CancellationFlag | undefined): Cancellation {
  const never = createCancellationFlag();
  function check(): void {
    if (Atomics.load(current() ?? never, 0) !== 0) throw new Cancelled("nobody waits for it");
  }
  return {
    check,
    rest(ms) {
      Atomics.wait(current() ?? never, 0, 0, ms);
      check();
    },
  };
}
