import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { atEnd } from "../support/cleanup.ts";

export interface Received {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly signature: string | string[] | undefined;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
}

/** Starts a server that records each request and always sends the same response. */
export async function startReceiver(t: TestContext, reply: { readonly status: number; readonly body: string }): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    buffer(request).then((body) => {
      const { method, url: target, headers } = request;
      received.push({ method, target, signature: headers["x-signature"], contentType: headers["content-type"], body });
      response.writeHead(reply.status).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(t, () => server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot start the receiver: it must listen on a port");
  return { url: `http://127.0.0.1:${address.port}`, received };
}
