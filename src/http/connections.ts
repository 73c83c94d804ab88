import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ExchangeObserver } from "../core/exchange.ts";
import { destroyAfter, refuseBody } from "./body.ts";
import { giveUpParsing } from "./give-up-parsing.ts";
import { pickForRoom, type Use } from "./make-room.ts";
import { parserRefusal, refuseUnparsed } from "./parser-refusal.ts";

/** The state of open connections that Node does not expose. */
export interface Connections {
  /** If there is no room, closes other connections, or this one if all others are being served. */
  opened(socket: Duplex): void;
  /** Call it when a request has begun. Returns its connection; undefined if that is being closed. */
  began(res: ServerResponse): Connection | undefined;
  /** How many requests on all connections wait for a response. */
  outstanding(): number;
  /** Refuses a request after an error from the parser, a timeout or the connection. */
  refuse(socket: Duplex, errorCode: string | undefined): void;
  /** Whether a handler still works on a request of this connection, and the client has read all that was written. */
  isWorking(socket: Duplex): boolean;
  /** Whether any request waits for its response, or for the end of it. */
  anyInFlight(): boolean;
}

export interface Connection {
  /** Requests that wait for a response. */
  outstanding: number;
  /** Requests that have begun in `iteration`, the latest iteration of the event loop in which one has begun. */
  inIteration: number;
  iteration: number;
  /** A response closes the connection: later requests are not served (RFC 9112, section 9.6). */
  over: boolean;
  /** The response to the latest request, while the connection is busy: an error concerns its body or what follows it. */
  latest: ServerResponse | undefined;
  /** Settles once all deliveries and erasures so far have their responses. */
  writes: Promise<unknown> | undefined;
  /** Settles once all requests so far that only read have their responses. */
  reads: Promise<unknown> | undefined;
  /** Settles once the latest erasure has its response. */
  erasure: Promise<unknown> | undefined;
  /** Whether it has not completed the head of any request yet. */
  silent: boolean;
  /** How many errors were reported. */
  refusals: number;
}

/**
 * The maximum number of chunks, of up to 64 KB, that a client may send after a request that closes its connection. They are read,
 * so that the client gets the responses and not a reset.
 */
const MAX_REFUSALS = 16;

/** The share of all connections that are closed together if there is no room, so that not every new one has to search. */
const ROOM_SHARE = 1 / 16;

/** Keeps track of the connections, at most `maxConnections`. */
export function createConnections(observer: ExchangeObserver, maxConnections: number): Connections {
  // One entry per connection, none per request. A Map that changes with each request promotes its entries to V8's old generation,
  // since its outgrown tables refer to the next ones: collecting them cost a third of the event loop's time.
  const open = new Map<Duplex, Connection>();
  let outstanding = 0;
  const presentIteration = createIterationCounter();

  function forget(socket: Duplex): void {
    outstanding -= open.get(socket)?.outstanding ?? 0;
    open.delete(socket);
  }

  function makeRoom(): void {
    // Forgotten at once: 'close' is emitted later, and further connections may be opened before that.
    for (const socket of pickForRoom(open.keys(), (one) => useOf(open.get(one)), Math.ceil(maxConnections * ROOM_SHARE))) {
      forget(socket);
      socket.destroy();
    }
  }

  function finished(this: ServerResponse): void {
    const connection = open.get(this.req.socket);
    if (connection === undefined) return;
    outstanding -= 1;
    connection.outstanding -= 1;
    // An idle connection must not keep its last request, whose body may be large.
    if (this.req.complete && connection.latest === this) connection.latest = undefined;
  }

  return {
    opened(socket) {
      if (open.size >= maxConnections) makeRoom();
      if (open.size >= maxConnections) {
        socket.destroy();
        return;
      }
      const connection = newConnection();
      open.set(socket, connection);
      giveUpParsing(socket, () => connection.over);
      socket.once("close", () => forget(socket));
    },
    began(res) {
      const connection = open.get(res.req.socket);
      if (connection === undefined) return undefined;
      outstanding += 1;
      connection.outstanding += 1;
      const iteration = presentIteration();
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
      if (connection !== undefined) refuseNext(connection, { socket, errorCode, observer });
    },
    isWorking: (socket) => socket.writableLength === 0 && open.get(socket)?.latest?.writableEnded === false,
    anyInFlight: () => open.values().some(({ latest }) => latest?.writableFinished === false),
  };
}

/** Creates a function that returns the number of the present iteration of the event loop, counting those in which it is called. */
function createIterationCounter(): () => number {
  let iteration = 0;
  let isOver = true;
  const end = (): void => {
    iteration += 1;
    isOver = true;
  };
  return () => {
    if (isOver) {
      isOver = false;
      setImmediate(end);
    }
    return iteration;
  };
}

function newConnection(): Connection {
  return {
    outstanding: 0, inIteration: 0, iteration: 0, over: false, silent: true, refusals: 0,
    latest: undefined, writes: undefined, reads: undefined, erasure: undefined,
  };
}

function useOf(connection: Connection | undefined): Use {
  if (connection?.silent === true) return "silent";
  const latest = connection?.latest;
  if (latest === undefined) return "idle";
  return latest.req.complete && !latest.writableEnded ? "served" : "stalled";
}

interface ReportedError {
  readonly socket: Duplex;
  readonly errorCode: string | undefined;
  readonly observer: ExchangeObserver;
}

/** Refuses the request that an error concerns: the latest one if its body is not complete, else what follows it. */
function refuseNext(connection: Connection, { socket, errorCode, observer }: ReportedError): void {
  // The parser reports every chunk after the first error as a further error.
  connection.refusals += 1;
  if (connection.over && connection.refusals > MAX_REFUSALS) socket.destroy();
  if (connection.refusals > 1) return;
  const refusal = parserRefusal(errorCode);
  const { latest } = connection;
  if (latest !== undefined && !latest.req.complete) {
    // The connection cannot be reused: it is unknown where the next request would start.
    if (!latest.headersSent) latest.shouldKeepAlive = false;
    // One response per request: if the body was not awaited, the request already has or will get another response.
    if (!refuseBody(latest.req, refusal)) destroyAfter(latest.req, latest);
  } else if (errorCode === "ECONNRESET" || errorCode === "EPIPE") {
    socket.destroy();
  } else if (latest === undefined || latest.writableFinished) {
    refuseUnparsed(socket, refusal, observer);
  } else {
    // Not now: the client would take the refusal for the response to the earlier request.
    latest.once("finish", () => refuseUnparsed(socket, refusal, observer));
  }
}
