import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import { test } from "node:test";
import type { Handler } from "../../src/http/message.ts";
import { json, refuse } from "../../src/http/respond.ts";
import { openConnection, type Connection, type RawResponse } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { until } from "../support/until.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

const readBody: Handler = async (request) => {
  const body = await request.readBody();
  return body.ok ? json({}) : refuse(body.error);
};

/** A handler that does not respond before it is released, and the number of its calls. */
function blockingHandler(): { readonly handle: Handler; release(): void; calls(): number } {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  return {
    handle: async () => {
      calls += 1;
      await gate.promise;
      return json({});
    },
    release: () => gate.resolve(),
    calls: () => calls,
  };
}

function assertRefused(response: RawResponse | undefined): void {
  assert.equal(response?.status, 503);
  assert.match(response.headers.get("retry-after") ?? "", /^[0-9]+$/);
  assert.equal(response.headers.get("connection"), "close");
}

function statuses(responses: readonly RawResponse[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Sends the same bytes again and again, as fast as the server reads them. */
function pour(socket: Socket, bytes: string): void {
  const fill = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", fill);
  fill();
}

test("at the connection limit a new connection replaces a silent one, and those being served stay", async (t) => {
  const { handle, release } = blockingHandler();
  const server = await startTestServer(t, handle, { maxConnections: 4 });
  const connect = (): Promise<Connection> => openConnection(t, server.url);
  const served = [await connect(), await connect()];
  for (const { write } of served) write(GET);
  const silent = [await connect(), await connect()];
  const later = await connect();
  await silent[0]?.untilClosed();
  later.write(GET);
  const last = await connect();
  await silent[1]?.untilClosed();
  last.write(GET);
  release();
  for (const connection of [...served, later, last]) assert.deepEqual(statuses(await connection.responses(1)), { 200: 1 });
});

test("if all connections are being served a new one is closed at once, and the others get their responses", async (t) => {
  const { handle, release, calls } = blockingHandler();
  const server = await startTestServer(t, handle, { maxConnections: 3 });
  const served = await Promise.all([1, 2, 3].map(() => openConnection(t, server.url)));
  for (const { write } of served) write(GET);
  await until("each connection has a request that is served", () => calls() >= served.length);
  const beyond = await openConnection(t, server.url);
  assert.deepEqual(await beyond.untilClosed(), []);
  release();
  for (const connection of served) assert.deepEqual(statuses(await connection.responses(1)), { 200: 1 });
});

test("up to 128 requests of a connection await a response; the next one gets 503 after them, and later ones get nothing", async (t) => {
  const { handle, release, calls } = blockingHandler();
  const server = await startTestServer(t, handle);
  const [within, beyond] = [await openConnection(t, server.url), await openConnection(t, server.url)];
  within.write(GET.repeat(128));
  beyond.write(GET.repeat(200));
  await until("256 requests are served", () => calls() >= 256);
  release();
  assert.deepEqual(statuses(await within.responses(128)), { 200: 128 });
  const responses = await beyond.untilClosed();
  assert.deepEqual(statuses(responses), { 200: 128, 503: 1 });
  assertRefused(responses.at(-1));
  assert.equal(calls(), 256);
});

test("after the request that gets 503 nothing more is parsed, even if more has been read", async (t) => {
  const { handle, release } = blockingHandler();
  const server = await startTestServer(t, handle);
  const { socket, write, untilClosed } = await openConnection(t, server.url);
  let parsed = 0;
  const onParsed = (message: unknown): void => {
    if (typeof message === "object" && message !== null && "socket" in message && message.socket instanceof Socket && message.socket.remotePort === socket.localPort) parsed += 1;
  };
  subscribe("http.server.request.start", onParsed);
  t.after(() => unsubscribe("http.server.request.start", onParsed));
  write(GET.repeat(2_000));
  await until("129 requests are read", () => parsed >= 129);
  release();
  assert.deepEqual(statuses(await untilClosed()), { 200: 128, 503: 1 });
  assert.equal(parsed, 129);
});

test("a connection that never stops sending is closed, even if it has read none of its responses", async (t) => {
  const { handle, release, calls } = blockingHandler();
  const server = await startTestServer(t, handle);
  const { socket } = await openConnection(t, server.url);
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  pour(socket, GET.repeat(2_000));
  await closed;
  assert.equal(calls(), 128);
  release();
});

test("while 10,000 requests await a response, another connection may have only one", ONLY_IN_FULL_RUN, async (t) => {
  const { handle, release, calls } = blockingHandler();
  const server = await startTestServer(t, handle);
  const full = await Promise.all(Array.from({ length: 100 }, () => openConnection(t, server.url)));
  for (const { write } of full) write(GET.repeat(100));
  await until("10,000 requests are served", () => calls() >= 10_000);
  const [one, two] = [await openConnection(t, server.url), await openConnection(t, server.url)];
  one.write(GET);
  two.write(GET + GET);
  await until("10,002 requests are served", () => calls() >= 10_002);
  release();
  assert.deepEqual(statuses(await one.responses(1)), { 200: 1 });
  const responses = await two.untilClosed();
  assert.deepEqual(statuses(responses), { 200: 1, 503: 1 });
  assertRefused(responses.at(-1));
  for (const connection of full) assert.deepEqual(statuses(await connection.responses(100)), { 200: 100 });
});

test("a connection that sends more than 256 requests in one event-loop iteration gets 503 and is closed, however fast they are handled", async (t) => {
  const server = await startTestServer(t, () => json({}));
  const { write, untilClosed } = await openConnection(t, server.url);
  // So large that one chunk of input holds fewer requests than may await a response.
  write(`GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(560)}\r\n\r\n`.repeat(300));
  const responses = await untilClosed();
  assert.deepEqual(statuses(responses), { 200: 256, 503: 1 });
  assertRefused(responses.at(-1));
});

test("partly read bodies share 64 MiB: beyond it only small bodies are read, and large ones again once there is room", async (t) => {
  const server = await startTestServer(t, readBody, { bodyLimitBytes: 32 * 1024 * 1024 });
  const post = (bytes: number, sent: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n${"x".repeat(sent)}`;
  const holding = [await openConnection(t, server.url), await openConnection(t, server.url)];
  for (const { write } of holding) write(post(30_000_000, 28_000_000));
  // What is still in the kernel's buffers is too little to make the service double its own buffers once more.
  await until("all requests are written", () => holding.every(({ socket }) => socket.writableLength === 0));
  const large = await openConnection(t, server.url);
  large.write(post(1_000_000, 500_000));
  const [refused] = await large.responses(1);
  assert.equal(refused?.status, 503);
  assert.match(refused.headers.get("retry-after") ?? "", /^[0-9]+$/);
  const small = await openConnection(t, server.url);
  small.write(post(16_000, 16_000));
  assert.deepEqual(statuses(await small.responses(1)), { 200: 1 });
  for (const { write } of holding) write("x".repeat(2_000_000));
  for (const connection of holding) assert.deepEqual(statuses(await connection.responses(1)), { 200: 1 });
  small.write(post(1_000_000, 1_000_000));
  assert.deepEqual(statuses(await small.responses(2)), { 200: 2 });
});

test("unread responses share a limit: beyond it other requests get 503, and 200 again once there is room", async (t) => {
  const size = 8_000_000;
  const server = await startTestServer(t, (request) => json("x".repeat(request.query === "large" ? size : 1)));
  const stalled = await Promise.all([1, 2, 3, 4, 5].map(() => openConnection(t, server.url)));
  for (const { socket, write } of stalled) {
    socket.pause();
    write("GET /?large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  await server.finished(stalled.length);
  const other = await openConnection(t, server.url);
  other.write(GET + GET);
  const responses = await other.responses(2);
  // The first request of a connection is always served, so health checks continue.
  assert.deepEqual(responses.map(({ status }) => status), [200, 503]);
  assert.match(responses[1]?.headers.get("retry-after") ?? "", /^[0-9]+$/);
  for (const { socket } of stalled) socket.resume();
  for (const connection of stalled) assert.deepEqual((await connection.untilClosed()).map(({ body }) => body.length), [size + 2]);
  other.write(GET + GET);
  assert.deepEqual((await other.responses(4)).map(({ status }) => status), [200, 503, 200, 200]);
});

test("an endless chunked body gets 413 when it exceeds the limit, and its connection is then closed", async (t) => {
  const server = await startTestServer(t, readBody, { bodyLimitBytes: 1_000 });
  const { socket, write, responses } = await openConnection(t, server.url);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  pour(socket, `ffff\r\n${"x".repeat(0xffff)}\r\n`);
  assert.deepEqual((await responses(1)).map(({ status }) => status), [413]);
  await closed;
  assert.equal((await server.finished(1)).length, 1);
});
