import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { atEnd } from "../support/cleanup.ts";

export interface ReceivedRequest {
  readonly method: string | undefined;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface StubServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Closes all of its connections. */
  disconnect(): void;
}

/** A server that responds as a test needs it. `respond` gets each request with its number, from 0. */
export async function startStub(t: TestContext, respond: (response: ServerResponse, number: number, request: ReceivedRequest) => void): Promise<StubServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    buffer(incoming).then((body) => {
      const { method, url: target = "", headers } = incoming;
      const request = { method, target, headers, body };
      requests.push(request);
      respond(response, requests.length - 1, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot start the stub: it must listen on a port");
  return { url: `http://127.0.0.1:${address.port}`, requests, disconnect: () => server.closeAllConnections() };
}

/** A stub that sends the same response to every request. */
export function startFixedStub(t: TestContext, status: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<StubServer> {
  return startStub(t, (response) => response.writeHead(status, headers).end(body));
}
