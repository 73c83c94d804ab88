import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import type { ExchangeObserver } from "../core/ports.ts";
import type { Exchange } from "./exchange.ts";
import { refuseConnection } from "./parser-refusal.ts";

/** Slow or silent clients cost a socket for seconds, never a worker. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const CONNECTIONS_CHECK_MS = 1_000;
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
}

export interface HttpServer {
  /** The address that it really listens on, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  /**
   * Takes no new connection, lets requests in flight finish, and cuts off what is left at the deadline.
   * Gives how many connections were cut off.
   */
  close(deadlineMs: number): Promise<number>;
}

/** Listens with `node:http`. Rejects with the error of `listen`, e.g. `EADDRINUSE`. */
export async function startServer(options: ServerOptions): Promise<HttpServer> {
  const { exchange, observer } = options;
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Checked in exchange.ts, whose answer has a JSON body.
    requireHostHeader: false,
    noDelay: true,
  });
  // A client that closes its sending side after a complete request still gets its answer; @types/node does not know the property.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("request", exchange);
  server.on("checkContinue", exchange);
  server.on("checkExpectation", exchange);
  server.on("connect", (_req, socket) => refuseConnection(socket, observer, "HPE_INVALID_METHOD"));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuseConnection(socket, observer, error.code));

  server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG });
  await once(server, "listening");
  return {
    url: toUrl(server.address()),
    async close(deadlineMs) {
      const closed = once(server, "close");
      server.close();
      let cutOff = 0;
      const deadline = new AbortController();
      const late = setTimeout(deadlineMs, undefined, { signal: deadline.signal }).then(
        () => {
          server.getConnections((_error, count) => {
            cutOff = count;
            server.closeAllConnections();
          });
        },
        () => undefined,
      );
      // An answer that was under way when the stop began leaves an idle connection behind.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
      await closed;
      clearInterval(sweep);
      deadline.abort();
      await late;
      return cutOff;
    },
  };
}

function toUrl(address: AddressInfo | string | null): string {
  if (address === null || typeof address === "string") return String(address);
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
