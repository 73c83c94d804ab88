import { InDoubt, ReadCancelled, StoreUnavailable } from "../../../core/store.ts";
import { cancel, type CancellationFlag, createCancellationFlag } from "../cancellation.ts";
import type { CallResult } from "./protocol.ts";

export type CallMessage = readonly [name: string, argument: unknown, flag: CancellationFlag | undefined];

/** The calls of a thread that have no result yet, in the order in which it does them. */
export interface CallQueue {
  /** Settles with the first result of the thread, that of its start. */
  readonly opened: Promise<unknown>;
  /** Settles with the result of the call; rejects as `Thread.call` does. */
  add(name: string, argument: unknown, signal?: AbortSignal): Promise<unknown>;
  /** The thread has given the next result. */
  settle(result: CallResult): void;
  /** How many calls wait for their results. */
  pending(): number;
  /** Cancels all calls. */
  abandonAll(): void;
  /** Rejects all calls and all later ones, since the thread has ended. */
  end(reason: string): void;
}

interface Call {
  readonly message: CallMessage;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The maximum number of calls passed to the thread that have no result yet. With 2, a fast read took an eighth more CPU time, since
 * each one woke both threads. A cancelled call among them costs nothing.
 */
const MAX_HANDED_OVER = 16;
const CANCELLED = "the call was cancelled";

/** `post` passes a call to the thread. */
export function createCallQueue(post: (message: CallMessage) => void): CallQueue {
  const opened = Promise.withResolvers<unknown>();
  /** Results come in the order of the calls. The first result of a thread is that of its start. */
  const handedOver: Call[] = [{ message: ["open", undefined, undefined], ...opened }];
  const waiting: Call[] = [];
  let ended: string | undefined;

  function handOver(): void {
    while (handedOver.length < MAX_HANDED_OVER) {
      const call = waiting.shift();
      if (call === undefined) return;
      handedOver.push(call);
      post(call.message);
    }
  }

  function abandon(call: Call): void {
    const [, , flag] = call.message;
    if (flag !== undefined) cancel(flag);
    const index = waiting.indexOf(call);
    if (index !== -1) waiting.splice(index, 1);
    call.reject(new ReadCancelled(CANCELLED));
  }

  return {
    opened: opened.promise,
    add(name, argument, signal) {
      if (ended !== undefined) return Promise.reject(new StoreUnavailable(ended));
      if (signal?.aborted) return Promise.reject(new ReadCancelled(CANCELLED));
      const flag = signal === undefined ? undefined : createCancellationFlag();
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const call: Call = { message: [name, argument, flag], resolve, reject };
      waiting.push(call);
      handOver();
      if (signal === undefined) return promise;
      const abort = (): void => abandon(call);
      signal.addEventListener("abort", abort, { once: true });
      return promise.finally(() => signal.removeEventListener("abort", abort));
    },
    settle(result) {
      const call = handedOver.shift();
      handOver();
      if (result.ok) call?.resolve(result.value);
      else call?.reject(result.inDoubt ? new InDoubt(result.reason) : new StoreUnavailable(result.reason));
    },
    pending: () => handedOver.length + waiting.length,
    abandonAll() {
      for (const call of [...handedOver, ...waiting]) abandon(call);
    },
    end(reason) {
      ended = reason;
      for (const { reject } of handedOver.splice(0)) reject(new InDoubt(reason));
      for (const { reject } of waiting.splice(0)) reject(new StoreUnavailable(reason));
    },
  };
}
