import type { TestContext } from "node:test";
import type { FinishedExchange } from "../../src/core/exchange.ts";
import { createAuthorize } from "../../src/http/access.ts";
import { createExchange } from "../../src/http/exchange.ts";
import type { Handler } from "../../src/http/message.ts";
import { createRouter } from "../../src/http/router.ts";
import { startServer, TIMEOUTS, type HttpServer, type Timeouts } from "../../src/http/server.ts";
import { atEnd } from "./cleanup.ts";
import { until } from "./until.ts";

export interface TestServer extends HttpServer {
  /** Waits until this many exchanges are finished, and returns them. */
  finished(count: number): Promise<readonly FinishedExchange[]>;
}

export type TestServerOptions = Partial<Timeouts> & { readonly bodyLimitBytes?: number; readonly maxConnections?: number; readonly nowMs?: () => number; readonly probeClientMs?: number };

/** Starts only the HTTP server; `handle` serves `GET /` and `POST /`. */
export async function startTestServer(t: TestContext, handle: Handler, options: TestServerOptions = {}): Promise<TestServer> {
  const { bodyLimitBytes = 1000, maxConnections = 1000, nowMs = () => 0, probeClientMs = 1_000, ...timeouts } = options;
  const done: FinishedExchange[] = [];
  const observer = {
    finished(exchange: FinishedExchange): void {
      done.push(exchange);
    },
  };
  const exchange = createExchange({
    observer,
    clock: { nowMs },
    router: createRouter([
      { method: "GET", path: "/", access: "open", handle },
      { method: "POST", path: "/", access: "open", handle },
    ]),
    authorize: createAuthorize(undefined),
    bodyLimitBytes,
    trustedProxies: 0,
    stopping: () => false,
    probeClientMs,
  });
  const server = await startServer({ host: "127.0.0.1", port: 0, exchange, observer, maxConnections, timeouts: { ...TIMEOUTS, ...timeouts } });
  atEnd(t, () => server.close(0));
  return {
    ...server,
    async finished(count) {
      await until(`${count} exchanges are finished`, () => done.length >= count);
      return done;
    },
  };
}
