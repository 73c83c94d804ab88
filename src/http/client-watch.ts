import type { IncomingMessage, ServerResponse } from "node:http";

/** Tells what works on a request whether its client is still there. */
export interface ClientWatch {
  /** Aborted once the client has gone. Watching begins with the first call. */
  signal(): AbortSignal;
  /** Ends the watching: the response is about to be written. */
  stop(): void;
}

/**
 * A client that closes its connection and one that only ends its sending look alike; the second still gets its response. What is
 * written to the first one fails, from the second time on: so an interim response goes out again and again, which every client
 * of HTTP/1.1 must be able to read (RFC 9110, section 15.2).
 */
export function watchClient(req: IncomingMessage, res: ServerResponse, probeMs: number): ClientWatch {
  let watching: Watching | undefined;
  return {
    signal() {
      watching ??= beginWatching(req, res, probeMs);
      return watching.gone.signal;
    },
    stop() {
      watching?.stop();
    },
  };
}

interface Watching {
  readonly gone: AbortController;
  stop(): void;
}

function beginWatching(req: IncomingMessage, res: ServerResponse, probeMs: number): Watching {
  const { socket } = req;
  const gone = new AbortController();
  let probes: NodeJS.Timeout | undefined;

  function leave(): void {
    gone.abort();
    stop();
  }

  function probe(): void {
    // HTTP/1.0 knows no interim response. Behind another response the connection is not this one's yet.
    if (req.httpVersionMinor === 1 && res.socket !== null && !res.headersSent) res.writeProcessing();
  }

  function beginProbing(): void {
    probes ??= setInterval(probe, probeMs).unref();
  }

  function stop(): void {
    clearInterval(probes);
    req.off("close", leave);
    socket.off("end", beginProbing);
  }

  if (socket.destroyed) {
    gone.abort();
  } else {
    req.once("close", leave);
    if (socket.readableEnded) beginProbing();
    // Only the first of a row of requests listens, so that a connection has one listener however many it sends.
    else if (res.socket !== null) socket.once("end", beginProbing);
  }
  return { gone, stop };
}
