import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createOpenApiDocument } from "../../src/api/document.ts";
import { atEnd, type Lifetime } from "./cleanup.ts";
import { assertDescribed, operationsOf } from "./openapi.ts";

/** Called before a request is passed on: waits as long as it likes; a status refuses the request with a response of the OpenAPI document. */
export type BeforeRequest = (target: URL) => Promise<number | undefined> | number | undefined;

export interface GatewayOptions {
  /** Where the service is. */
  readonly upstream: () => string;
  /** Taken away from each path, as a proxy does that serves the service below a path; nothing else is passed on. */
  readonly prefix?: string;
}

/** A proxy in front of the service: it sees, delays, refuses and cuts what goes through it. */
export interface Gateway {
  /** With the prefix, without a slash at its end. */
  readonly url: string;
  /** Targets of the requests so far, as the browser sent them. */
  readonly targets: string[];
  /** `Last-Event-ID` of each stream so far. */
  readonly resumed: (string | undefined)[];
  before: BeforeRequest;
  /** Hands each request on with a token that the service refuses. */
  spoilToken: boolean;
  breakStreams(): void;
  openStreams(): number;
}

const DOCUMENT = createOpenApiDocument("0.0.0-test");
const REFUSED = { detail: "the database cannot answer now, try again later" };

export async function startGateway(t: Lifetime, options: GatewayOptions): Promise<Gateway> {
  const { prefix = "" } = options;
  const streams = new Set<ServerResponse>();
  const server = createServer((req, res) => void handOn(req, res));
  const gateway: Gateway = {
    get url() {
      const address = server.address();
      return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}${prefix}` : "";
    },
    targets: [],
    resumed: [],
    before: () => undefined,
    spoilToken: false,
    breakStreams() {
      for (const stream of streams) stream.destroy();
    },
    openStreams: () => streams.size,
  };

  async function handOn(req: IncomingMessage, res: ServerResponse): Promise<void> {
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
    const headers = { ...req.headers, ...(gateway.spoilToken && { authorization: "Bearer spoiled" }) };
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

/** What the service would say: held against the document, so that no test meets a response that no service gives. */
function refuse(res: ServerResponse, target: string, status: number): void {
  const [path = ""] = target.split("?");
  const described = operationsOf(DOCUMENT).find((one) => one.method === "GET" && one.path === path);
  const headers = { "content-type": "application/json", "x-request-id": "gateway", "x-content-type-options": "nosniff", "cache-control": "no-store", "retry-after": "1" };
  const body = JSON.stringify(REFUSED);
  if (described !== undefined) assertDescribed(DOCUMENT, described, { status, headers, body });
  res.writeHead(status, headers).end(body);
}
