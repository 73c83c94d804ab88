import { parentPort, workerData } from "node:worker_threads";
import { DatabaseError, explain, isInputOutputError, UncertainCommit } from "../database.ts";
import { CLOSE, type Calls, type Handlers, type Reply, type ThreadSettings } from "./protocol.ts";

interface Service<C extends Calls> {
  readonly handlers: Handlers<C>;
  close(): void;
}

/**
 * The inside of a thread: opens its connection, says that it is ready, then answers calls in their
 * order. Every failure is answered; none ends the thread.
 */
export function serveThread<C extends Calls>(open: (settings: ThreadSettings) => Service<C>): void {
  const port = parentPort;
  if (port === null) throw new Error("Cannot serve: this module must run in a worker thread");
  const settings: ThreadSettings = workerData;

  function attempt(work: () => unknown): Reply {
    try {
      return { ok: true, value: work() };
    } catch (thrown) {
      const uncertain = thrown instanceof UncertainCommit;
      const error = uncertain ? thrown.cause : thrown;
      const reason = error instanceof DatabaseError ? error.message : explain(error, settings.location);
      return { ok: false, reason, fatal: isInputOutputError(error), uncertain };
    }
  }

  let service: Service<C> | undefined;
  const opened = attempt(() => {
    service = open(settings);
  });
  port.postMessage(opened);
  if (service === undefined) {
    port.close();
    return;
  }
  const { handlers, close } = service;
  port.on("message", ([name, argument]: [keyof C | typeof CLOSE, never]) => {
    if (name !== CLOSE) {
      port.postMessage(attempt(() => handlers[name](argument)));
      return;
    }
    port.postMessage(attempt(close));
    port.close();
  });
}
