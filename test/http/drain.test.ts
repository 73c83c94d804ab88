import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { Handler } from "../../src/http/message.ts";
import { json, refuse } from "../../src/http/respond.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const MINUTE_MS = 60_000;

test("a client that reads its response slowly gets all of it, even after a stop has begun", async (t) => {
  const size = 20_000_000;
  const server = await startTestServer(t, () => json("x".repeat(size)));
  const connection = await openConnection(t, server.url);
  connection.socket.pause();
  connection.write(GET + GET);
  await server.finished(2);
  const closed = server.close(MINUTE_MS);
  // A new connection is refused only after the stop has begun and closed idle connections.
  await assert.rejects(openConnection(t, server.url), { code: "ECONNREFUSED" });
  connection.socket.resume();
  const responses = await connection.untilClosed();
  assert.deepEqual(responses.map(({ status, body }) => [status, body.length]), [[200, size + 2], [200, size + 2]]);
  assert.equal(await closed, 0);
});

test("a stop closes idle and silent connections, and waits for handlers", async (t) => {
  const release = Promise.withResolvers<void>();
  let calls = 0;
  const server = await startTestServer(t, async () => {
    calls += 1;
    if (calls === 3) await release.promise;
    return json({});
  });
  const idle = await openConnection(t, server.url);
  idle.write(GET);
  await idle.responses(1);
  const silent = await openConnection(t, server.url);
  const busy = await openConnection(t, server.url);
  busy.write(GET + GET);
  await busy.responses(1);
  const closed = server.close(MINUTE_MS);
  release.resolve();
  assert.deepEqual((await busy.untilClosed()).map(({ status }) => status), [200, 200]);
  await idle.untilClosed();
  await silent.untilClosed();
  assert.equal(await closed, 0);
});

test("connections that are left at the deadline are closed and counted, and their requests are observed", async (t) => {
  const readBody: Handler = async (request) => {
    const body = await request.readBody();
    return body.ok ? json({}) : refuse(body.error);
  };
  const server = await startTestServer(t, readBody);
  const connections = await Promise.all([1, 2, 3].map(() => openConnection(t, server.url)));
  for (const { socket, write, responses } of connections) {
    socket.on("error", () => undefined);
    write(`${GET}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf`);
    await responses(1);
  }
  const ends = connections.map(({ socket }) => once(socket, "end").catch(() => undefined));
  assert.equal(await server.close(0), 3);
  await Promise.all(ends);
  const exchanges = await server.finished(6);
  assert.deepEqual(exchanges.map(({ method, status }) => `${method} ${status}`).toSorted(), [...Array(3).fill("GET 200"), ...Array(3).fill("POST 400")]);
});
