import { once } from "node:events";
import { createServer, type IncomingMessage, type Server as NodeServer, type ServerResponse } from "node:http";
import { type AddressInfo, Server } from "node:net";
import { setTimeout } from "node:timers/promises";
import { REFUSALS } from "../api/refusals.ts";
import type { ExchangeObserver } from "../core/exchange.ts";
import { type Connection, type Connections, createConnections } from "./connections.ts";
import type { Exchange } from "./exchange.ts";
import { malformedHead } from "./malformed-head.ts";

export interface Timeouts {
  /** Within this time a request's headers must be complete. */
  readonly headersMs: number;
  /** Within this time a whole request must be complete. */
  readonly requestMs: number;
  /** Within this time the client must have read more of its response. */
  readonly stalledMs: number;
  /** After this time an idle connection is closed. */
  readonly keepAliveMs: number;
  /** How often the first two are checked. */
  readonly checkMs: number;
}

/** Slow or silent clients cost a socket for seconds, never a worker. */
export const TIMEOUTS: Timeouts = {
  headersMs: 10_000,
  requestMs: 30_000,
  stalledMs: 30_000,
  keepAliveMs: 65_000,
  checkMs: 1_000,
};
/** How many requests on one connection may wait for a response; more are refused, and the connection is closed. */
const MAX_PIPELINED = 128;
/**
 * The maximum number of requests from one connection in one iteration of the event loop; a client that waits for responses sends
 * far fewer. Node reads up to 2 MB from a connection before it turns to the next, so a few clients that never stop sending would
 * keep all others waiting.
 */
const MAX_PER_ITERATION = 256;
/** How many requests on all connections may wait for a response, at about 10 KB each; beyond that, one per connection. */
const MAX_OUTSTANDING = 10_000;
/** The system probes a connection that has been silent this long. */
const KEEP_ALIVE_AFTER_MS = 30_000;
const MAX_HEADER_BYTES = 16 * 1024;
const LISTEN_BACKLOG = 1_024;
/** How often a stop looks for connections that have become idle. */
const SWEEP_MS = 20;

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly exchange: Exchange;
  readonly observer: ExchangeObserver;
  readonly maxConnections: number;
  /** `TIMEOUTS` if absent. */
  readonly timeouts?: Timeouts;
}

export interface HttpServer {
  /** The address that it actually listens on, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  /**
   * Accepts no new connections, lets requests in flight finish, and destroys the remaining connections at the deadline. Gives
   * how many were destroyed.
   */
  close(deadlineMs: number): Promise<number>;
}

/** Listens with `node:http`. Rejects with the error of `listen`, e.g. `EADDRINUSE`. */
export async function startServer(options: ServerOptions): Promise<HttpServer> {
  const { exchange, observer, timeouts = TIMEOUTS } = options;
  const connections = createConnections(observer, options.maxConnections);
  const server = createServer({
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    connectionsCheckingInterval: timeouts.checkMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Checked in malformed-head.ts, whose response has a JSON body.
    requireHostHeader: false,
    noDelay: true,
    // Nothing else detects a client that has vanished while its request is being handled.
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
  });
  // A client that closes its sending side after a complete request still gets its response; @types/node lacks the property.
  Object.assign(server, { httpAllowHalfOpen: true });

  function serve(req: IncomingMessage, res: ServerResponse): void {
    const connection = connections.began(res);
    if (connection === undefined) return;
    const { outstanding, inIteration } = connection;
    const crowded = connections.outstanding() > MAX_OUTSTANDING;
    if (connection.over) {
      // A request was refused, but the parser continues. Further requests get no response, and many of them would fill the memory.
      if (crowded || outstanding > 2 * MAX_PIPELINED || inIteration > 2 * MAX_PER_ITERATION) req.socket.destroy();
      return;
    }
    const tooMany = outstanding > (crowded ? 1 : MAX_PIPELINED) || inIteration > MAX_PER_ITERATION;
    const refusal = malformedHead(req) ?? (tooMany ? REFUSALS.pipelined : undefined);
    // Set at once: the next request may be parsed before this one has its response.
    connection.over = refusal !== undefined;
    const { erasure } = connection;
    const handle = (): Promise<void> => exchange.handle(req, res, { pipelined: outstanding > 1, refusal, erasure });
    begin(connection, req.method ?? "", handle);
  }
  server.on("connection", connections.opened);
  server.on("request", serve);
  server.on("checkContinue", serve);
  server.on("checkExpectation", serve);
  server.on("connect", (_req, socket) => connections.refuse(socket, "HPE_INVALID_METHOD"));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => connections.refuse(socket, error.code));
  // A socket may be silent for any time while a handler works, or while a stream has nothing to write.
  server.setTimeout(timeouts.stalledMs, (socket) => {
    if (!connections.isWorking(socket)) socket.destroy();
  });

  server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG });
  await once(server, "listening");
  return {
    url: toUrl(server.address()),
    close(deadlineMs) {
      exchange.endStreams();
      return closeServer(server, connections, deadlineMs);
    },
  };
}

/** Lets requests in flight finish, and destroys the remaining connections at the deadline. Gives how many were destroyed. */
async function closeServer(server: NodeServer, connections: Connections, deadlineMs: number): Promise<number> {
  const closed = once(server, "close");
  // http.Server's own close would at once end connections that it considers idle, including those that still send a
  // response.
  Server.prototype.close.call(server);
  let destroyed = 0;
  const deadline = new AbortController();
  const late = setTimeout(deadlineMs, undefined, { signal: deadline.signal }).then(
    () => {
      server.getConnections((_error, count) => {
        destroyed = count;
        server.closeAllConnections();
      });
    },
    () => undefined,
  );
  const sweep = setInterval(() => {
    if (!connections.anyInFlight()) server.closeIdleConnections();
  }, SWEEP_MS);
  await closed;
  clearInterval(sweep);
  // Only this ends the timeout checks.
  server.close();
  deadline.abort();
  await late;
  return destroyed;
}

/**
 * Handles a request as soon as the earlier requests of its connection allow. Deliveries do not wait for each other, so they are
 * committed together, but their handlers wait for an earlier erasure, which might otherwise erase their messages. An erasure waits for
 * all earlier requests, so that an export among them is complete. Any other request waits for earlier deliveries and erasures, so that
 * it sees what they have written.
 */
function begin(connection: Connection, method: string, handle: () => Promise<void>): void {
  const { writes, reads, outstanding } = connection;
  if (method === "DELETE") {
    connection.writes = connection.erasure = both(writes, reads).then(handle);
    return;
  }
  const isDelivery = method === "POST";
  const done = isDelivery || outstanding === 1 || writes === undefined ? handle() : writes.then(handle);
  const kind = isDelivery ? "writes" : "reads";
  connection[kind] = outstanding === 1 ? done : both(connection[kind], done);
}

/** Waits for both. Unlike `Promise.all`, it keeps no results, which would accumulate on a connection that is never idle. */
async function both(one: Promise<unknown> | undefined, other: Promise<unknown> | undefined): Promise<void> {
  await one;
  await other;
}

function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") return String(address);
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
