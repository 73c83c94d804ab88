import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ExchangeObserver } from "../core/ports.ts";
import { cutOff, refuseBody } from "./body.ts";
import { parserRefusal, refuseUnparsed } from "./parser-refusal.ts";

/** What the open connections are doing, as far as Node does not tell. */
export interface Connections {
  opened(socket: Duplex): void;
  /** A request has begun on its connection. */
  began(req: IncomingMessage, res: ServerResponse): void;
  /** Refuses what the parser, a timeout or the connection itself reports as an error. */
  refuse(socket: Duplex, errorCode: string | undefined): void;
  /** Whether a handler still works on a request of this connection. */
  isWorking(socket: Duplex): boolean;
  /** Whether any request awaits its answer or the end of its answer. */
  anyInFlight(): boolean;
}

interface Latest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

export function createConnections(observer: ExchangeObserver): Connections {
  /** The latest request of each connection: an error concerns its body, or what comes behind it. */
  const latest = new Map<Duplex, Latest>();
  const refused = new WeakSet<Duplex>();

  return {
    opened(socket) {
      socket.once("close", () => latest.delete(socket));
    },
    began(req, res) {
      latest.set(req.socket, { req, res });
    },
    refuse(socket, errorCode) {
      // The parser reports every chunk behind the first error as another one.
      if (refused.has(socket)) return;
      refused.add(socket);
      const refusal = parserRefusal(errorCode);
      const current = latest.get(socket);
      if (current !== undefined && !current.req.complete) {
        // One request, one answer: where the body was not awaited, the answer was or will be another one.
        if (!refuseBody(current.req, refusal)) cutOff(current.req, current.res);
      } else if (errorCode === "ECONNRESET" || errorCode === "EPIPE") {
        socket.destroy();
      } else if (current === undefined || current.res.writableFinished) {
        refuseUnparsed(socket, refusal, observer);
      } else {
        // Written now, it would be taken for the answer that the earlier request still awaits.
        current.res.once("finish", () => refuseUnparsed(socket, refusal, observer));
      }
    },
    isWorking: (socket) => latest.get(socket)?.res.writableEnded === false,
    anyInFlight: () => latest.values().some(({ res }) => !res.writableFinished),
  };
}
