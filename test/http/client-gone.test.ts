import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { ReadCancelled } from "../../src/core/store.ts";
import type { Handler } from "../../src/http/message.ts";
import { json } from "../../src/http/respond.ts";
import { openConnection, type Connection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const HEAD = "Host: x\r\n\r\n";
const GET = `GET / HTTP/1.1\r\n${HEAD}`;

/** Works until its client has gone. */
const endless: Handler = async (request) => {
  const signal = request.signal();
  if (!signal.aborted) await once(signal, "abort");
  throw new ReadCancelled("the client has gone");
};

const WAYS: readonly (readonly [title: string, leave: (connection: Connection) => void])[] = [
  ["closes its connection", ({ socket }) => socket.destroy()],
  ["resets its connection", ({ socket }) => socket.resetAndDestroy()],
];

for (const [title, leave] of WAYS) {
  test(`the work for a client that ${title} is cancelled and logged with status 499`, async (t) => {
    const started = Promise.withResolvers<void>();
    const server = await startTestServer(t, (request) => {
      const response = endless(request);
      started.resolve();
      return response;
    }, { probeClientMs: 5 });
    const connection = await openConnection(t, server.url);
    connection.write(GET);
    await started.promise;
    leave(connection);
    const [exchange] = await server.finished(1);
    assert.equal(exchange?.status, 499);
  });
}

test("a client that closes its connection before its request is handled is noticed too", async (t) => {
  const server = await startTestServer(t, endless, { probeClientMs: 5 });
  const connection = await openConnection(t, server.url);
  connection.write(GET);
  connection.socket.destroySoon();
  assert.equal((await server.finished(1))[0]?.status, 499);
});

test("a pipelined request that waits for its turn is cancelled with its connection", async (t) => {
  const server = await startTestServer(t, endless, { probeClientMs: 5 });
  const connection = await openConnection(t, server.url);
  connection.write(GET.repeat(20));
  connection.socket.destroySoon();
  const exchanges = await server.finished(20);
  assert.ok(exchanges.every(({ status }) => status === 499));
});

for (const [version, interim] of [["1.1", [102]], ["1.0", []]] as const) {
  test(`a client with HTTP/${version} that only half-closes its connection gets its response`, async (t) => {
    const release = Promise.withResolvers<void>();
    const server = await startTestServer(t, async (request) => {
      const signal = request.signal();
      assert.ok(!signal.aborted);
      await release.promise;
      return json({ aborted: signal.aborted });
    }, { probeClientMs: 5 });
    const connection = await openConnection(t, server.url);
    connection.write(`GET / HTTP/${version}\r\n${HEAD}`);
    connection.halfClose();
    // HTTP/1.0 has no interim responses.
    if (interim.length > 0) await connection.responses(1);
    release.resolve();
    const responses = await connection.untilClosed();
    assert.equal(responses.at(-1)?.body, '{"aborted":false}');
    assert.deepEqual([...new Set(responses.slice(0, -1).map(({ status }) => status))], interim);
  });
}
