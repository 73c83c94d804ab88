import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createOpenApiDocument } from "../../src/api/document.ts";
import { atEnd, type Lifetime } from "./cleanup.ts";
import { assertDescribed, operationsOf } from "./openapi.ts";

/**
 * Called before each request. It may wait; if it returns a status, the gateway sends the documented response instead of passing on the
 * request.
 */
export type BeforeRequest = (target: URL) => Promise<number | undefined> | number | undefined;

export interface GatewayOptions {
  /** The URL of the service. */
  readonly upstream: () => string;
  /** Removed from each path, as by a proxy that serves the service below a path. Other paths get 404. */
  readonly prefix?: string;
}

/** A proxy in front of the service that records, delays and refuses requests, and breaks streams. */
export interface Gateway {
  /** Includes the prefix; no trailing slash. */
  readonly url: string;
  /** The targets of the requests so far, as the browser sent them. */
  readonly targets: string[];
  /** The `Last-Event-ID` of each stream so far. */
  readonly resumed: (string | undefined)[];
  before: BeforeRequest;
  /** If true, each request is passed on with a token that the service refuses. */
  sendWrongToken: boolean;
  breakStreams(): void;
  openStreams(): number;
}

const DOCUMENT = createOpenApiDocument("0.0.0-test");
const REFUSED = { detail: "the database is unavailable, try again later" };

export async function startGateway(t: Lifetime, options: GatewayOptions): Promise<Gateway> {
  const { prefix = "" } = options;
  const streams = new Set<ServerResponse>();
  const server = createServer((req, res) => void passOn(req, res));
  const gateway: Gateway = {
    get url() {
      const address = server.address();
      return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}${prefix}` : "";
    },
    targets: [],
    resumed: [],
    before: () => undefined,
    sendWrongToken: false,
    breakStreams() {
      for (const stream of streams) stream.destroy();
    },
    openStreams: () => streams.size,
  };

  async function passOn(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const target = req.url ?? "";
    gateway.targets.push(target);
    if (!target.startsWith(`${prefix}/`)) {
      res.writeHead(404).end("not below the prefix");
      return;
    }
    const path = target.slice(prefix.length);
    const status = await gateway.before(new URL(path, "http://gateway"));
    if (status !== undefined) return refuse(res, path, status);
    if (path.startsWith("/tail")) {
      gateway.resumed.push(String(req.headers["last-event-id"] ?? "") || undefined);
      streams.add(res);
    }
    const headers = { ...req.headers, ...(gateway.sendWrongToken && { authorization: "Bearer wrong" }) };
    const passed = httpRequest(`${options.upstream()}${path}`, { method: req.method, headers, agent: false }, (response) => {
      res.writeHead(response.statusCode ?? 0, response.headers);
      res.flushHeaders();
      response.on("error", () => res.destroy()).pipe(res);
    });
    passed.on("error", () => res.destroy());
    res.on("close", () => {
      streams.delete(res);
      passed.destroy();
    });
    req.pipe(passed);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  return gateway;
}

/**
 * Refuses a request as the service would. The response is compared with the OpenAPI document, so that it is one that the service can
 * give.
 */
function refuse(res: ServerResponse, target: string, status: number): void {
  const [path = ""] = target.split("?");
  const described = operationsOf(DOCUMENT).find((one) => one.method === "GET" && one.path === path);
  const headers = { "content-type": "application/json", "x-request-id": "gateway", "x-content-type-options": "nosniff", "cache-control": "no-store", "retry-after": "1" };
  const body = JSON.stringify(REFUSED);
  if (described !== undefined) assertDescribed(DOCUMENT, described, { status, headers, body });
  res.writeHead(status, headers).end(body);
}
