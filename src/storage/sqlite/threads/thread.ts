import { Worker } from "node:worker_threads";
import { InDoubt, StoreUnavailable } from "../../../core/store.ts";
import { CLOSE, type Calls, type Reply, type ThreadSettings } from "./protocol.ts";

/** A worker thread that answers calls one after the other. */
export interface Thread<C extends Calls> {
  /** Rejects with `StoreUnavailable` where the thread could not do it, with `InDoubt` where it may have done it. */
  call<Name extends keyof C & string>(name: Name, argument: C[Name]["takes"]): Promise<C[Name]["gives"]>;
  /** How many calls wait for their answer. */
  pending(): number;
  /** Lets the calls before it finish, then ends the thread. */
  close(): Promise<void>;
}

export interface ThreadOptions {
  /** The file can no longer be trusted, or the thread died: the process must end. */
  readonly onFatal: (reason: string) => void;
}

/** A thread's rows and batches are short-lived: V8's default lets them pile up to 48 MB before it looks at them. */
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
  const waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
  let ended = false;

  worker.on("message", (reply: Reply) => {
    const caller = waiting.shift();
    if (reply.ok) {
      caller?.resolve(reply.value);
      return;
    }
    caller?.reject(reply.uncertain ? new InDoubt(reply.reason) : new StoreUnavailable(reply.reason));
    if (reply.fatal) options.onFatal(reply.reason);
  });
  worker.on("error", (error: Error) => options.onFatal(`${module} failed: ${error.stack ?? error.message}`));
  worker.on("exit", () => {
    ended = true;
    for (const { reject } of waiting.splice(0)) reject(new InDoubt(`${module} has ended`));
  });

  // Answers come in the order of the calls, so the first one waiting is the one meant.
  function post(message?: readonly [string, unknown]): Promise<unknown> {
    if (ended) return Promise.reject(new StoreUnavailable(`${module} has ended`));
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      if (message !== undefined) worker.postMessage(message);
    });
  }

  const exited = new Promise((resolve) => worker.once("exit", resolve));
  try {
    await post();
  } catch (error) {
    // Only then is its connection closed for certain.
    await exited;
    throw error;
  }
  return {
    async call(name, argument) {
      return post([name, argument]);
    },
    pending: () => waiting.length,
    async close() {
      if (ended) return;
      await post([CLOSE, undefined]);
      await exited;
    },
  };
}
