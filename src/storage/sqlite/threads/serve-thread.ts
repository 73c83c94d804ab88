import { parentPort, workerData } from "node:worker_threads";
import { Cancelled, createCancellation, type Cancellation, type CancellationFlag } from "../cancellation.ts";
import { DatabaseError, explain, isInputOutputError, UncertainCommit } from "../database.ts";
import { CLOSE, type Calls, type Handlers, type Notice, type Reply, type ThreadSettings } from "./protocol.ts";

interface Service<C extends Calls> {
  readonly handlers: Handlers<C>;
  close(): void;
}

/** What a thread is given beside its settings. */
export interface ThreadContext {
  /** Of the call under way. */
  readonly cancellation: Cancellation;
  /** Tells the main thread something of the thread's own accord. */
  readonly notify: (notice: string) => void;
}

/**
 * The inside of a thread: opens its connection, says that it is ready, then answers calls in their
 * order. Every failure is answered; none ends the thread. What was cancelled before its turn is not begun.
 */
export function serveThread<C extends Calls>(open: (settings: ThreadSettings, context: ThreadContext) => Service<C>): void {
  const port = parentPort;
  if (port === null) throw new Error("Cannot serve: this module must run in a worker thread");
  const settings: ThreadSettings = workerData;
  let current: CancellationFlag | undefined;
  const cancellation = createCancellation(() => current);

  function attempt(work: () => unknown): Reply {
    try {
      return { ok: true, value: work() };
    } catch (thrown) {
      if (thrown instanceof Cancelled) return { ok: false, reason: thrown.message, fatal: false, uncertain: false };
      const uncertain = thrown instanceof UncertainCommit;
      const error = uncertain ? thrown.cause : thrown;
      const reason = error instanceof DatabaseError ? error.message : explain(error, settings.location);
      return { ok: false, reason, fatal: isInputOutputError(error), uncertain };
    }
  }

  let service: Service<C> | undefined;
  const opened = attempt(() => {
    service = open(settings, { cancellation, notify: (notice) => port.postMessage({ notice } satisfies Notice) });
  });
  port.postMessage(opened);
  if (service === undefined) {
    port.close();
    return;
  }
  const { handlers, close } = service;
  port.on("message", ([name, argument, flag]: [keyof C | typeof CLOSE, never, CancellationFlag | undefined]) => {
    if (name !== CLOSE) {
      current = flag;
      port.postMessage(
        attempt(() => {
          cancellation.check();
          return handlers[name](argument);
        }),
      );
      current = undefined;
      return;
    }
    port.postMessage(attempt(close));
    port.close();
  });
}
