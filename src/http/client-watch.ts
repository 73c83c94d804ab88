import type { IncomingMessage, ServerResponse } from "node:http";

export interface ClientWatch {
  /** Aborted once the client has gone. */
  readonly signal: AbortSignal;
  /** Stops watching: the response is about to be written. */
  stop(): void;
}

/**
 * Watches whether the client of a request is still there. Once the client has ended its sending side, it is probed every `probeMs`.
 *
 * A client that closes its connection looks the same as one that only ends its sending side and still waits for its response.
 * Only writing shows the difference: on a closed connection, it fails from the second write on. So each probe is an interim
 * response, which every HTTP/1.1 client must be able to parse (RFC 9110, section 15.2).
 */
export function watchClient(req: IncomingMessage, res: ServerResponse, probeMs: number): ClientWatch {
  const { socket } = req;
  const gone = new AbortController();
  let probes: NodeJS.Timeout | undefined;

  function leave(): void {
    gone.abort();
    stop();
  }

  function probe(): void {
    // HTTP/1.0 has no interim responses. `res.socket` is null while an earlier response is unfinished: nothing may be written yet.
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
    // Only the first of several pipelined requests adds a listener, so that a connection has only one at a time.
    else if (res.socket !== null) socket.once("end", beginProbing);
  }
  return { signal: gone.signal, stop };
}
