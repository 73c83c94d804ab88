import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ExchangeObserver } from "../core/exchange.ts";
import { destroyAfter, refuseBody } from "./body.ts";
import { giveUpParsing } from "./give-up-parsing.ts";
import { pickForRoom, type Use } from "./make-room.ts";
import { parserRefusal, refuseUnparsed } from "./parser-refusal.ts";

/** What the open connections are doing, as far as Node does not tell. */
export interface Connections {
  /** Where there is no room for it, others are closed in its favour, or it itself where all others are being served. */
  opened(socket: Duplex): void;
  /** A request has begun on its connection; undefined where that is being closed. */
  began(res: ServerResponse): Connection | undefined;
  /** How many requests of all connections await their answers. */
  outstanding(): number;
  /** Refuses what the parser, a timeout or the connection itself reports as an error. */
  refuse(socket: Duplex, errorCode: string | undefined): void;
  /** Whether a handler still works on a request of this connection, and all that has been written is taken. */
  isWorking(socket: Duplex): boolean;
  /** Whether any request awaits its answer or the end of its answer. */
  anyInFlight(): boolean;
}

export interface Connection {
  /** Requests that await their answers. */
  outstanding: number;
  /** Requests that have begun in one iteration of the event loop, and which iteration that was. */
  inIteration: number;
  iteration: number;
  /** An answer closes the connection: what comes behind it is not served (RFC 9112, section 9.6). */
  over: boolean;
  /** The answer to the latest request, while the connection is busy: an error concerns its body, or what comes behind it. */
  latest: ServerResponse | undefined;
  /** Settles once the deliveries that it has begun have their responses. */
  writes: Promise<unknown> | undefined;
  /** It has not completed the head of a request yet. */
  silent: boolean;
  /** Errors that were reported of it. */
  refusals: number;
}

/** Pieces of up to 64 KB that a client may send behind a request that closes its connection, so that it sees the answers and no reset. */
const MAX_REFUSALS = 16;

/** The share of all connections that is closed at once when there is no room, so that not every new one has to look for some. */
const ROOM_SHARE = 1 / 16;

/** Keeps account of the connections; `maxConnections` of them may be open. */
export function createConnections(observer: ExchangeObserver, maxConnections: number): Connections {
  // One entry a connection and none a request: a Map that changes with each request keeps what it held from being
  // collected young (its outgrown tables refer to the next ones), which cost a third of the event loop's time.
  const open = new Map<Duplex, Connection>();
  let outstanding = 0;
  let iteration = 0;
  let iterationEnds = false;

  function nextIteration(): void {
    iteration += 1;
    iterationEnds = false;
  }

  function useOf(socket: Duplex): Use {
    const connection = open.get(socket);
    if (connection?.silent === true) return "silent";
    const latest = connection?.latest;
    if (latest === undefined) return "idle";
    return latest.req.complete && !latest.writableEnded ? "served" : "stalled";
  }

  function forget(socket: Duplex): void {
    outstanding -= open.get(socket)?.outstanding ?? 0;
    open.delete(socket);
  }

  function makeRoom(): void {
    // Forgotten at once, since 'close' comes later, and further connections may come before it.
    for (const socket of pickForRoom(open.keys(), useOf, Math.ceil(maxConnections * ROOM_SHARE))) {
      forget(socket);
      socket.destroy();
    }
  }

  function finished(this: ServerResponse): void {
    const connection = open.get(this.req.socket);
    if (connection === undefined) return;
    outstanding -= 1;
    connection.outstanding -= 1;
    // An idle connection must not hold on to its last request, whose body may be large.
    if (this.req.complete && connection.latest === this) connection.latest = undefined;
  }

  return {
    opened(socket) {
      if (open.size >= maxConnections) makeRoom();
      if (open.size >= maxConnections) {
        socket.destroy();
        return;
      }
      const connection: Connection = {
        outstanding: 0, inIteration: 0, iteration, over: false, latest: undefined, writes: undefined, silent: true, refusals: 0,
      };
      open.set(socket, connection);
      giveUpParsing(socket, () => connection.over);
      socket.once("close", () => forget(socket));
    },
    began(res) {
      const connection = open.get(res.req.socket);
      if (connection === undefined) return undefined;
      outstanding += 1;
      connection.outstanding += 1;
      if (!iterationEnds) {
        iterationEnds = true;
        setImmediate(nextIteration);
      }
      if (connection.iteration !== iteration) {
        connection.iteration = iteration;
        connection.inIteration = 0;
      }
      connection.inIteration += 1;
      connection.silent = false;
      connection.latest = res;
      res.on("finish", finished);
      return connection;
    },
    outstanding: () => outstanding,
    refuse(socket, errorCode) {
      const connection = open.get(socket);
      // The parser reports every chunk behind the first error as another one.
      if (connection === undefined) return;
      connection.refusals += 1;
      if (connection.over && connection.refusals > MAX_REFUSALS) socket.destroy();
      if (connection.refusals > 1) return;
      const refusal = parserRefusal(errorCode);
      const { latest } = connection;
      if (latest !== undefined && !latest.req.complete) {
        // Nobody knows where the next request would start.
        if (!latest.headersSent) latest.shouldKeepAlive = false;
        // One request, one answer: where the body was not awaited, the answer was or will be another one.
        if (!refuseBody(latest.req, refusal)) destroyAfter(latest.req, latest);
      } else if (errorCode === "ECONNRESET" || errorCode === "EPIPE") {
        socket.destroy();
      } else if (latest === undefined || latest.writableFinished) {
        refuseUnparsed(socket, refusal, observer);
      } else {
        // Written now, it would be taken for the answer that the earlier request still awaits.
        latest.once("finish", () => refuseUnparsed(socket, refusal, observer));
      }
    },
    isWorking: (socket) => socket.writableLength === 0 && open.get(socket)?.latest?.writableEnded === false,
    anyInFlight: () => open.values().some(({ latest }) => latest?.writableFinished === false),
  };
}
