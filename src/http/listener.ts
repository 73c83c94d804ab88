import { readFileSync } from "node:fs";
import type { ExchangeObserver } from "../core/exchange.ts";
import { connectionLimit } from "./connection-limit.ts";
import type { Exchange } from "./exchange.ts";
import { explainListenError } from "./listen-refusal.ts";
import { startServer, type HttpServer } from "./server.ts";

/** A server that listens before there is anything to serve; requests that arrive meanwhile wait. */
export interface Listener {
  /** Rejects with `UnusableSetting` if `HOST` or `PORT` is wrong, otherwise with the error of `listen`. */
  listen(): Promise<void>;
  /** Sets the handler of all requests from now on, beginning with those that wait. Throws if it does not listen. */
  serve(exchange: Exchange): HttpServer;
  /** Closes it with all its connections, if it listens. */
  abandon(): Promise<void>;
}

export interface ListenerOptions {
  readonly observer: ExchangeObserver;
  /** See `connectionLimit` for the default. */
  readonly maxConnections?: number | undefined;
}

/** Separates listening from serving, so that an address in use is noticed before the database is touched. */
export function createListener(address: { readonly host: string; readonly port: number }, options: ListenerOptions): Listener {
  const serving = Promise.withResolvers<Exchange>();
  let current: Exchange | undefined;
  let server: HttpServer | undefined;
  const exchange: Exchange = {
    handle: (req, res, circumstances) =>
      current?.handle(req, res, circumstances) ?? serving.promise.then((later) => later.handle(req, res, circumstances)),
    endStreams: () => current?.endStreams(),
  };

  return {
    async listen() {
      const maxConnections = options.maxConnections ?? connectionLimit(maxDescriptors());
      const { host, port } = address;
      server = await startServer({ host, port, exchange, observer: options.observer, maxConnections }).catch((error) => {
        throw explainListenError(error);
      });
    },
    serve(handler) {
      if (server === undefined) throw new Error("Cannot serve: the server must be listening");
      current = handler;
      serving.resolve(handler);
      return server;
    },
    async abandon() {
      await server?.close(0);
    },
  };
}

/** How many files the process may open, if the system reports it. */
function maxDescriptors(): number | undefined {
  try {
    const soft = /^Max open files\s+([0-9]+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
