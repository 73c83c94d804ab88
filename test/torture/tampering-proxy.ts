import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { TestContext } from "node:test";

/** Changes the body of a response, depending on the target of the request. */
export type ChangeBody = (target: string, body: string) => string;

/** Starts a proxy in front of the service that changes its responses. */
export async function startTamperingProxy(t: TestContext, url: string, options: { change: ChangeBody }): Promise<string> {
  const server = createServer((req, res) => {
    const target = req.url ?? "";
    fetch(url + target).then(async (response) => res.writeHead(response.status).end(options.change(target, await response.text())));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return `http://127.0.0.1:${address.port}`;
}

/** Removes the first message from a page, and lowers the total. */
export function shortened(body: string): string {
  const page = JSON.parse(body);
  return JSON.stringify({ ...page, data: page.data.slice(1), total: page.total - 1 });
}
