import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { atEnd } from "../support/cleanup.ts";

export interface Asked {
  readonly method: string | undefined;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface StandIn {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Cuts all of its connections off. */
  cut(): void;
}

/** Stands for the service, to answer as it hardly ever does: each request is handed over with its number, from 0 on. */
export async function startStandIn(t: TestContext, answer: (response: ServerResponse, number: number, asked: Asked) => void): Promise<StandIn> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    buffer(request).then((body) => {
      const { method, url: target = "", headers } = request;
      const one = { method, target, headers, body };
      asked.push(one);
      answer(response, asked.length - 1, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot start the stand-in: it must listen on a port");
  return { url: `http://127.0.0.1:${address.port}`, asked, cut: () => server.closeAllConnections() };
}

/** One that answers everything alike. */
export function startAnswering(t: TestContext, status: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<StandIn> {
  return startStandIn(t, (response) => response.writeHead(status, headers).end(body));
}
