import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { type Cancellation, type CancellationFlag, Cancelled, createCancellation, isCancelled } from "../cancellation.ts";
import { CommitInDoubt, DatabaseError, DEFAULT_BUSY_TIMEOUT_MS, explain, isBusy, isInputOutputError } from "../database.ts";
import { type CallResult, type Calls, CLOSE, type Handlers, type Notice, type ThreadSettings } from "./protocol.ts";

interface Service<C extends Calls> {
  readonly handlers: Handlers<C>;
  close(): void;
}

/** What a thread gets besides its settings. */
export interface ThreadContext {
  /** Of the call in progress. */
  readonly cancellation: Cancellation;
  /** Sends a notice to the main thread that is not the result of a call. */
  readonly notify: (notice: string) => void;
}

/**
 * Runs inside a thread: opens its connection, reports that it is ready, then does calls in their order. A failure becomes the
 * result of its call and does not end the thread. A call that was cancelled before its turn is not begun. A call that fails because
 * another process holds a lock is rolled back and tried again, until `busyTimeoutMs` is over or the service stops.
 */
export function serveThread<C extends Calls>(open: (settings: ThreadSettings, context: ThreadContext) => Service<C>): void {
  const port = parentPort;
  if (port === null) throw new Error("Cannot serve: this module must run in a worker thread");
  const settings: ThreadSettings = workerData;
  let current: CancellationFlag | undefined;
  const cancellation = createCancellation(() => current);

  function attempt(work: () => unknown): CallResult {
    try {
      return { ok: true, value: patiently(settings, work) };
    } catch (thrown) {
      if (thrown instanceof Cancelled) return { ok: false, reason: thrown.message, fatal: false, inDoubt: false };
      const inDoubt = thrown instanceof CommitInDoubt;
      const error = inDoubt ? thrown.cause : thrown;
      const reason = error instanceof DatabaseError ? error.message : explain(error, settings.location);
      return { ok: false, reason, fatal: isInputOutputError(error), inDoubt };
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

/** Retries while another process holds a lock. SQLite itself waits only briefly (see `waitBriefly`), as nothing could interrupt it. */
function patiently<T>({ busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, stopping }: ThreadSettings, work: () => T): T {
  const deadlineMs = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || (stopping !== undefined && isCancelled(stopping)) || performance.now() >= deadlineMs) throw error;
    }
  }
}
