import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";
import { test } from "node:test";
import type { Handler } from "../../src/http/message.ts";
import { json, refuse } from "../../src/http/respond.ts";
import { openConnection, type Connection, type RawAnswer } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";
import { until } from "../support/until.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

const readBody: Handler = async (request) => {
  const body = await request.readBody();
  return body.ok ? json({}) : refuse(body.error);
};

/** A handler that answers nothing before it is released, and how often it was called. */
function held(): { readonly handle: Handler; release(): void; calls(): number } {
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

function assertRefused(answer: RawAnswer | undefined): void {
  assert.equal(answer?.status, 503);
  assert.match(answer.headers.get("retry-after") ?? "", /^[0-9]+$/);
  assert.equal(answer.headers.get("connection"), "close");
}

function statuses(answers: readonly RawAnswer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Sends the same again and again, as fast as it is taken. */
function pour(socket: Socket, bytes: string): void {
  const fill = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", fill);
  fill();
}

test("if all connections are taken a new one replaces a silent one, and those being served stay", async (t) => {
  const { handle, release } = held();
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
  for (const connection of [...served, later, last]) assert.deepEqual(statuses(await connection.answers(1)), { 200: 1 });
});

test("if all connections are being served a new one is closed at once, and they get their responses", async (t) => {
  const { handle, release, calls } = held();
  const server = await startTestServer(t, handle, { maxConnections: 3 });
  const served = await Promise.all([1, 2, 3].map(() => openConnection(t, server.url)));
  for (const { write } of served) write(GET);
  await until("each connection has a request that is served", () => calls() >= served.length);
  const beyond = await openConnection(t, server.url);
  assert.deepEqual(await beyond.untilClosed(), []);
  release();
  for (const connection of served) assert.deepEqual(statuses(await connection.answers(1)), { 200: 1 });
});

test("128 requests of a connection wait for responses; the next one gets 503 after them, and later ones nothing", async (t) => {
  const { handle, release, calls } = held();
  const server = await startTestServer(t, handle);
  const [within, beyond] = [await openConnection(t, server.url), await openConnection(t, server.url)];
  within.write(GET.repeat(128));
  beyond.write(GET.repeat(200));
  await until("256 requests are served", () => calls() >= 256);
  release();
  assert.deepEqual(statuses(await within.answers(128)), { 200: 128 });
  const answers = await beyond.untilClosed();
  assert.deepEqual(statuses(answers), { 200: 128, 503: 1 });
  assertRefused(answers.at(-1));
  assert.equal(calls(), 256);
});

test("after the request that gets 503 nothing more is parsed, however much has been read already", async (t) => {
  const { handle, release } = held();
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

test("a connection that never stops sending is cut off, even if it has read none of its responses", async (t) => {
  const { handle, release, calls } = held();
  const server = await startTestServer(t, handle);
  const { socket } = await openConnection(t, server.url);
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  pour(socket, GET.repeat(2_000));
  await closed;
  assert.equal(calls(), 128);
  release();
});

test("if 10,000 requests of all connections wait for responses, each connection may have one", async (t) => {
  const { handle, release, calls } = held();
  const server = await startTestServer(t, handle);
  const full = await Promise.all(Array.from({ length: 100 }, () => openConnection(t, server.url)));
  for (const { write } of full) write(GET.repeat(100));
  await until("10,000 requests are served", () => calls() >= 10_000);
  const [one, two] = [await openConnection(t, server.url), await openConnection(t, server.url)];
  one.write(GET);
  two.write(GET + GET);
  await until("10,002 requests are served", () => calls() >= 10_002);
  release();
  assert.deepEqual(statuses(await one.answers(1)), { 200: 1 });
  const answers = await two.untilClosed();
  assert.deepEqual(statuses(answers), { 200: 1, 503: 1 });
  assertRefused(answers.at(-1));
  for (const connection of full) assert.deepEqual(statuses(await connection.answers(100)), { 200: 100 });
});

test("a connection that sends 256 requests in one turn of the event loop gets 503 and is closed, however fast they are answered", async (t) => {
  const server = await startTestServer(t, () => json({}));
  const { write, untilClosed } = await openConnection(t, server.url);
  // So large that the bound on unanswered ones is not met within one piece that the parser is given.
  write(`GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(560)}\r\n\r\n`.repeat(300));
  const answers = await untilClosed();
  assert.deepEqual(statuses(answers), { 200: 256, 503: 1 });
  assertRefused(answers.at(-1));
});

test("partly read bodies share 64 MiB: beyond it 503, while a small one is read, and with room again a large one", async (t) => {
  const server = await startTestServer(t, readBody, { bodyLimitBytes: 32 * 1024 * 1024 });
  const post = (bytes: number, sent: number): string => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n${"x".repeat(sent)}`;
  const holding = [await openConnection(t, server.url), await openConnection(t, server.url)];
  for (const { write } of holding) write(post(30_000_000, 28_000_000));
  // What the system still holds is less than the service needs to be given to ask for the last doubling.
  await until("all requests are written", () => holding.every(({ socket }) => socket.writableLength === 0));
  const large = await openConnection(t, server.url);
  large.write(post(1_000_000, 500_000));
  const [refused] = await large.answers(1);
  assert.equal(refused?.status, 503);
  assert.match(refused.headers.get("retry-after") ?? "", /^[0-9]+$/);
  const small = await openConnection(t, server.url);
  small.write(post(16_000, 16_000));
  assert.deepEqual(statuses(await small.answers(1)), { 200: 1 });
  for (const { write } of holding) write("x".repeat(2_000_000));
  for (const connection of holding) assert.deepEqual(statuses(await connection.answers(1)), { 200: 1 });
  small.write(post(1_000_000, 1_000_000));
  assert.deepEqual(statuses(await small.answers(2)), { 200: 2 });
});

test("responses that clients do not read share a limit: beyond it 503, and with room again everything continues", async (t) => {
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
  const answers = await other.answers(2);
  // The first one of a connection is served in any case: health checks continue.
  assert.deepEqual(answers.map(({ status }) => status), [200, 503]);
  assert.match(answers[1]?.headers.get("retry-after") ?? "", /^[0-9]+$/);
  for (const { socket } of stalled) socket.resume();
  for (const connection of stalled) assert.deepEqual((await connection.untilClosed()).map(({ body }) => body.length), [size + 2]);
  other.write(GET + GET);
  assert.deepEqual((await other.answers(4)).map(({ status }) => status), [200, 503, 200, 200]);
});

test("an endless body in chunks gets 413 when it exceeds the limit, and is then cut off", async (t) => {
  const server = await startTestServer(t, readBody, { bodyLimitBytes: 1_000 });
  const { socket, write, answers } = await openConnection(t, server.url);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  pour(socket, `ffff\r\n${"x".repeat(0xffff)}\r\n`);
  assert.deepEqual((await answers(1)).map(({ status }) => status), [413]);
  await closed;
  assert.equal((await server.finished(1)).length, 1);
});
