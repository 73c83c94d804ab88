import { Worker } from "node:worker_threads";
import { createCallQueue } from "./call-queue.ts";
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

/**
 * Rows and batches are short-lived: with its default, V8 lets them pile up to 48 MB before it collects them. This limit is for a
 * start without `--max-semi-space-size`, which takes precedence, and with which `make run` and the image start the service.
 */
const YOUNG_GENERATION_MB = 8;

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
  const calls = createCallQueue((message) => worker.postMessage(message));
  let ended = false;

  worker.on("message", (result: CallResult | Notice) => {
    if ("notice" in result) {
      options.onNotice?.(result.notice);
      return;
    }
    calls.settle(result);
    if (!result.ok && result.fatal) options.onFatal(result.reason);
  });
  worker.on("error", (error: Error) => options.onFatal(`${module} failed: ${error.stack ?? error.message}`));
  worker.on("exit", () => {
    ended = true;
    calls.end(`${module} has ended`);
  });
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  try {
    await calls.opened;
  } catch (error) {
    // Only then is the thread's connection certain to be closed.
    await exited;
    throw error;
  }

  async function close(): Promise<void> {
    if (ended) return;
    await calls.add(CLOSE, undefined);
    await exited;
  }

  return {
    async call(name, argument, signal) {
      return calls.add(name, argument, signal);
    },
    pending: calls.pending,
    close,
    abandon() {
      calls.abandonAll();
      return close();
    },
  };
}
