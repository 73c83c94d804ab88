import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { StoreUnavailable } from "../../src/core/store.ts";
import { json } from "../../src/http/respond.ts";
import { send } from "../support/app.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";
import { openStream } from "../support/stream.ts";
import { aborted, streaming, waiting } from "../support/streaming.ts";
import { until } from "../support/until.ts";

const MINUTE_MS = 60_000;
const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LARGE = "x".repeat(100_000);

test("a stream is written in chunks, without a length, and observed once, at its end", async (t) => {
  const server = await startTestServer(t, streaming(async function* () {
    yield "one\n";
    await setImmediate();
    yield "tw\u00f6\n";
  }));
  const response = await send(server.url, "/");
  assert.equal(response.body, "one\ntw\u00f6\n");
  assert.equal(response.headers["transfer-encoding"], "chunked");
  assert.equal(response.headers["content-length"], undefined);
  assert.equal(response.headers["content-type"], "text/plain");
  const [exchange, ...others] = await server.finished(1);
  assert.deepEqual([exchange?.status, exchange?.stream?.ended, exchange?.fault, others.length], [200, "complete", undefined, 0]);
});

test("the head is sent before the first chunk", async (t) => {
  const server = await startTestServer(t, streaming(waiting(), true));
  assert.equal((await openStream(t, server.url)).status, 200);
});

test("HEAD gets only the head, and the stream is not started", async (t) => {
  let started = 0;
  const server = await startTestServer(t, streaming(async function* () {
    started += 1;
    yield "x";
  }));
  const response = await send(server.url, "/", { method: "HEAD" });
  assert.deepEqual([response.status, response.body, response.headers["content-type"], started], [200, "", "text/plain", 0]);
  assert.equal((await server.finished(1))[0]?.stream, undefined);
});

test("a connection serves further requests after a stream that has ended", async (t) => {
  let calls = 0;
  const stream = streaming(async function* () { yield "all"; });
  const server = await startTestServer(t, (request) => {
    calls += 1;
    return calls === 1 ? stream(request) : json({});
  });
  const connection = await openConnection(t, server.url);
  let received = "";
  connection.socket.on("data", (chunk: string) => {
    received += chunk;
  });
  connection.write(GET + GET);
  await until("both responses have come", () => received.endsWith("{}"));
  assert.match(received, /\r\n3\r\nall\r\n0\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

test("with HTTP/1.0 the body ends with the connection", async (t) => {
  const server = await startTestServer(t, streaming(async function* () { yield "all"; }));
  const { socket } = await openConnection(t, server.url);
  let received = "";
  socket.on("data", (chunk: string) => {
    received += chunk;
  });
  socket.write("GET / HTTP/1.0\r\n\r\n");
  await once(socket, "end");
  assert.match(received, /\r\n\r\nall$/);
  assert.doesNotMatch(received, /transfer-encoding/i);
});

test("chunks are made only as fast as the client reads them", async (t) => {
  let made = 0;
  const server = await startTestServer(t, streaming(async function* () {
    for (; made < 1_000; made += 1) yield LARGE;
  }));
  const stream = await openStream(t, server.url);
  stream.response.pause();
  // Chunks that are made without waiting are made between these requests.
  for (let round = 0; round < 20; round += 1) await send(server.url, "/", { method: "HEAD" });
  assert.ok(made < 500, `${made} chunks`);
  stream.response.resume();
  assert.equal(await stream.complete, true);
  assert.equal(stream.text().length, 1_000 * LARGE.length);
});

const FAULTS: readonly (readonly [string, unknown, RegExp])[] = [
  ["a fault", new Error("CANARY"), /^Error: CANARY\n/],
  ["an unavailable store", new StoreUnavailable("CANARY"), /CANARY/],
];

for (const [title, thrown, logged] of FAULTS) {
  test(`${title} in the middle of a stream closes the connection, so that the client sees that something is missing`, async (t) => {
    const failing = async function* (): AsyncGenerator<string, void> {
      yield "half";
      await setImmediate();
      throw thrown;
    };
    const server = await startTestServer(t, streaming(failing));
    const stream = await openStream(t, server.url);
    assert.equal(await stream.complete, false);
    assert.equal(stream.text(), "half");
    const old = await openConnection(t, server.url);
    old.socket.write("GET / HTTP/1.0\r\n\r\n");
    await assert.rejects(once(old.socket, "end"), { code: "ECONNRESET" });
    for (const exchange of await server.finished(2)) {
      assert.equal(exchange.stream?.ended, "fault");
      assert.match(exchange.fault ?? "", logged);
    }
  });
}

test("a client that disconnects ends its stream", async (t) => {
  const server = await startTestServer(t, streaming(waiting("one"), true));
  const stream = await openStream(t, server.url);
  await once(stream.response, "data");
  stream.disconnect();
  assert.equal((await server.finished(1))[0]?.stream?.ended, "client");
});

test("a client that disconnects while it reads nothing ends its stream", async (t) => {
  const server = await startTestServer(t, streaming(waiting(...Array<string>(500).fill(LARGE))));
  const stream = await openStream(t, server.url);
  stream.response.pause();
  stream.disconnect();
  assert.equal((await server.finished(1))[0]?.stream?.ended, "client");
});

test("a client that half-closes its connection gets all of a finite stream, and ends a live one", async (t) => {
  const read = Promise.withResolvers<void>();
  const server = await startTestServer(t, streaming(async function* () {
    await read.promise;
    yield "all";
  }));
  const connection = await openConnection(t, server.url);
  connection.write(GET);
  connection.halfClose();
  let received = "";
  read.resolve();
  connection.socket.on("data", (chunk: string) => {
    received += chunk;
  });
  await once(connection.socket, "end");
  assert.ok(received.endsWith("3\r\nall\r\n0\r\n\r\n"), received);

  // Only a write could show whether the client has gone altogether.
  const live = await startTestServer(t, streaming(waiting(), true));
  const other = await openConnection(t, live.url);
  other.write(GET);
  other.halfClose();
  assert.equal((await live.finished(1))[0]?.stream?.ended, "client");
});

test("a stop completes live streams at once, cuts off finite ones visibly, and refuses further ones", async (t) => {
  const live = await startTestServer(t, streaming(waiting("one"), true));
  const finite = await startTestServer(t, streaming(waiting("one")));
  for (const [server, complete] of [[live, true], [finite, false]] as const) {
    const streams = await Promise.all([1, 2, 3].map(() => openStream(t, server.url)));
    for (const stream of streams) if (stream.text() === "") await once(stream.response, "data");
    // Its connection is open already, and its request is complete only after the stop has begun.
    const late = await openConnection(t, server.url);
    late.write(GET.slice(0, -2));
    const stuck = await openConnection(t, server.url);
    stuck.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n");
    const closed = server.close(MINUTE_MS);
    assert.deepEqual(await Promise.all(streams.map((stream) => stream.complete)), [complete, complete, complete]);
    for (const exchange of await server.finished(3)) assert.equal(exchange.stream?.ended, "stop");
    late.write("\r\n");
    const [refused] = await late.responses(1);
    assert.deepEqual([refused?.status, refused?.headers.get("retry-after")], [503, "1"]);
    stuck.socket.destroy();
    late.socket.destroy();
    assert.equal(await closed, 0);
  }
});

test("a stop does not wait for a client that does not read its live stream", async (t) => {
  const server = await startTestServer(t, streaming(waiting(...Array<string>(500).fill(LARGE)), true));
  const stream = await openStream(t, server.url);
  stream.response.pause();
  assert.equal(await server.close(MINUTE_MS), 0);
  stream.response.resume();
  assert.equal(await stream.complete, false);
});

test("a client that reads nothing is disconnected; a stream that has nothing to write continues", async (t) => {
  let calls = 0;
  const ready = Promise.withResolvers<void>();
  const handlers = [streaming(waiting(...Array<string>(500).fill(LARGE))), streaming(async function* (signal) {
    await ready.promise;
    yield "late";
    await aborted(signal);
  }, true)];
  const server = await startTestServer(t, (request) => {
    calls += 1;
    return handlers[calls - 1]?.(request) ?? json({});
  }, { stalledMs: 300 });
  const stalled = await openStream(t, server.url);
  stalled.response.pause();
  const idle = await openStream(t, server.url);
  assert.equal((await server.finished(1))[0]?.stream?.ended, "client");
  // A connection that sends nothing is closed after the same time, so two of them in turn show that it has passed.
  for (let round = 0; round < 2; round += 1) await (await openConnection(t, server.url)).untilClosed();
  ready.resolve();
  await once(idle.response, "data");
  assert.equal(idle.text(), "late");
});
