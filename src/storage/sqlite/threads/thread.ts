import { Worker } from "node:worker_threads";
import { InDoubt, ReadCancelled, StoreUnavailable } from "../../../core/store.ts";
import { cancel, type CancellationFlag, createCancellationFlag } from "../cancellation.ts";
import { type CallResult, type Calls, CLOSE, type Notice, type ThreadSettings } from "./protocol.ts";

/** A worker thread that does calls one after the other. */
export interface Thread<C extends Calls> {
  /**
   * Rejects with `StoreUnavailable` if the call was not done, with `InDoubt` if it may have been done, and with `ReadCancelled`
   * once the signal is aborted: a waiting call is not begun, and a long read ends at its next step.
   */
  call<Name extends keyof C & string>(name: Name, argument: C[Name]["takes"], signal?: AbortSignal): Promise<C[Name]["gives"]>;
  /** How many calls wait for their results. */
  pending(): number;
  /** Lets the calls before it finish, then ends the thread. */
  close(): Promise<void>;
  /** Cancels the calls of a thread that only reads, then ends it: a stop does not wait for readers. */
  abandon(): Promise<void>;
}

export interface ThreadOptions {
  /** The file can no longer be trusted, or the thread died: the process must end. */
  readonly onFatal: (reason: string) => void;
  /** Called with what the thread reports on its own initiative. */
  readonly onNotice?: (notice: string) => void;
}

interface Call {
  readonly message: readonly [name: string, argument: unknown, flag: CancellationFlag | undefined];
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Rows and batches are short-lived: with its default, V8 lets them pile up to 48 MB before it collects them. This limit is for a
 * start without `--max-semi-space-size`, which takes precedence, and with which `make run` and the image start the service.
 */
const YOUNG_GENERATION_MB = 8;
/**
 * The maximum number of calls passed to the thread that have no result yet. With 2, a fast read took an eighth more CPU time, since
 * each one woke both threads. A cancelled call among them costs nothing.
 */
const MAX_HANDED_OVER = 16;
const CANCELLED = "the call was cancelled";

/** Starts `module` (a file beside this one, without extension) and waits until its database is open. */
export async function startThread<C extends Calls>(
  module: string,
  settings: ThreadSettings,
  options: ThreadOptions,
): Promise<Thread<C>> {
  // tsc rewrites import specifiers, not URLs: the extension is that of this very file.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  const worker = new Worker(new URL(`./${module}${extension}`, import.meta.url), {
    workerData: settings,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const opened = Promise.withResolvers<unknown>();
  /** Results come in the order of the calls. The first result of a thread is that of its start. */
  const handedOver: Pick<Call, "resolve" | "reject" | "message">[] = [{ message: ["open", undefined, undefined], ...opened }];
  const waiting: Call[] = [];
  let ended = false;

  function handOver(): void {
    while (handedOver.length < MAX_HANDED_OVER) {
      const call = waiting.shift();
      if (call === undefined) return;
      handedOver.push(call);
      worker.postMessage(call.message);
    }
  }

  worker.on("message", (result: CallResult | Notice) => {
    if ("notice" in result) {
      options.onNotice?.(result.notice);
      return;
    }
    const call = handedOver.shift();
    handOver();
    if (result.ok) {
      call?.resolve(result.value);
      return;
    }
    call?.reject(result.inDoubt ? new InDoubt(result.reason) : new StoreUnavailable(result.reason));
    if (result.fatal) options.onFatal(result.reason);
  });
  worker.on("error", (error: Error) => options.onFatal(`${module} failed: ${error.stack ?? error.message}`));
  worker.on("exit", () => {
    ended = true;
    for (const { reject } of handedOver.splice(0)) reject(new InDoubt(`${module} has ended`));
    for (const { reject } of waiting.splice(0)) reject(new StoreUnavailable(`${module} has ended`));
  });

  function post(name: string, argument: unknown, signal?: AbortSignal): Promise<unknown> {
    if (ended) return Promise.reject(new StoreUnavailable(`${module} has ended`));
    if (signal?.aborted) return Promise.reject(new ReadCancelled(CANCELLED));
    const flag = signal === undefined ? undefined : createCancellationFlag();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call: Call = { message: [name, argument, flag], resolve, reject };
    waiting.push(call);
    handOver();
    if (signal === undefined) return promise;
    const abandon = (): void => abandonCall(call);
    signal.addEventListener("abort", abandon, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", abandon));
  }

  function abandonCall(call: Call): void {
    const [, , flag] = call.message;
    if (flag !== undefined) cancel(flag);
    const index = waiting.indexOf(call);
    if (index !== -1) waiting.splice(index, 1);
    call.reject(new ReadCancelled(CANCELLED));
  }

  const exited = new Promise((resolve) => worker.once("exit", resolve));
  try {
    await opened.promise;
  } catch (error) {
    // Only then is the thread's connection certain to be closed.
    await exited;
    throw error;
  }

  async function close(): Promise<void> {
    if (ended) return;
    await post(CLOSE, undefined);
    await exited;
  }

  return {
    async call(name, argument, signal) {
      return post(name, argument, signal);
    },
    pending: () => handedOver.length + waiting.length,
    close,
    abandon() {
      for (const call of [...handedOver, ...waiting]) abandonCall(call);
      return close();
    },
  };
}
