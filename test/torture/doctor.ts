import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { TestContext } from "node:test";

/** Changes the body of a response; the request's target says which. */
export type Doctor = (target: string, body: string) => string;

/** Stands before the service and hands its responses on, doctored. */
export async function startDoctor(t: TestContext, url: string, doctor: { change: Doctor }): Promise<string> {
  const server = createServer((req, res) => {
    const target = req.url ?? "";
    fetch(url + target).then(async (response) => res.writeHead(response.status).end(doctor.change(target, await response.text())));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return `http://127.0.0.1:${address.port}`;
}

/** Takes the first message out of a page, and so from its total too. */
export function shortened(body: string): string {
  const page = JSON.parse(body);
  return JSON.stringify({ ...page, data: page.data.slice(1), total: page.total - 1 });
}
