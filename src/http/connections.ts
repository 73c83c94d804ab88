import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ExchangeObserver } from "../core/ports.ts";
import { cutOff, refuseBody } from "./body.ts";
import { pickForRoom, type Use } from "./make-room.ts";
import { parserRefusal, refuseUnparsed } from "./parser-refusal.ts";

/** What the open connections are doing, as far as Node does not tell. */
export interface Connections {
  /** Where there is no room for it, others are closed in its favour, or it itself where all others are being served. */
  opened(socket: Duplex): void;
  /** A request has begun on its connection. */
  began(req: IncomingMessage, res: ServerResponse): Line;
  /** How many requests of all connections await their answers. */
  unanswered(): number;
  /** Refuses what the parser, a timeout or the connection itself reports as an error. */
  refuse(socket: Duplex, errorCode: string | undefined): void;
  /** Whether a handler still works on a request of this connection. */
  isWorking(socket: Duplex): boolean;
  /** Whether any request awaits its answer or the end of its answer. */
  anyInFlight(): boolean;
}

/** The requests that have followed one another on a connection without a pause. */
export interface Line {
  unanswered: number;
  /** An answer among them closes the connection: what comes behind it is not served (RFC 9112, section 9.6). */
  over: boolean;
}

interface Latest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly line: Line;
}

/** The share of all connections that is closed at once when there is no room, so that not every new one has to look for some. */
const ROOM_SHARE = 1 / 16;

export function createConnections(observer: ExchangeObserver, maxConnections: number): Connections {
  const open = new Set<Duplex>();
  /** Those that have not completed the head of a request yet. */
  const silent = new Set<Duplex>();
  let unanswered = 0;
  /** The latest request of each busy connection: an error concerns its body, or what comes behind it. */
  const latest = new Map<Duplex, Latest>();
  const refused = new WeakSet<Duplex>();

  function useOf(socket: Duplex): Use {
    if (silent.has(socket)) return "silent";
    const current = latest.get(socket);
    if (current === undefined) return "idle";
    return current.req.complete && !current.res.writableEnded ? "served" : "stalled";
  }

  function forget(socket: Duplex): void {
    open.delete(socket);
    silent.delete(socket);
    unanswered -= latest.get(socket)?.line.unanswered ?? 0;
    latest.delete(socket);
  }

  function makeRoom(): void {
    // Forgotten at once, since 'close' comes later, and further connections may come before it.
    for (const socket of pickForRoom(open, useOf, Math.ceil(maxConnections * ROOM_SHARE))) {
      forget(socket);
      socket.destroy();
    }
  }

  return {
    opened(socket) {
      if (open.size >= maxConnections) makeRoom();
      if (open.size >= maxConnections) {
        socket.destroy();
        return;
      }
      open.add(socket);
      silent.add(socket);
      socket.once("close", () => forget(socket));
    },
    began(req, res) {
      const { socket } = req;
      silent.delete(socket);
      const line = latest.get(socket)?.line ?? { unanswered: 0, over: false };
      line.unanswered += 1;
      unanswered += 1;
      const current = { req, res, line };
      latest.set(socket, current);
      // An idle connection must not hold on to its last request, whose body may be large.
      res.once("finish", () => {
        if (open.has(socket)) unanswered -= 1;
        line.unanswered -= 1;
        if (req.complete && latest.get(socket) === current) latest.delete(socket);
      });
      return line;
    },
    unanswered: () => unanswered,
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
