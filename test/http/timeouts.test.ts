import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Handler } from "../../src/http/message.ts";
import { json, refuse } from "../../src/http/respond.ts";
import { TIMEOUTS } from "../../src/http/server.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";
import { at } from "../support/json.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const HALF_BODY = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf";

const readBody: Handler = async (request) => {
  const body = await request.readBody();
  return body.ok ? json({}) : refuse(body.error);
};
const ignoreBody: Handler = () => json({});

// Concurrent, because most of them wait for a timeout.
describe("timeouts", { concurrency: true }, () => {
  test("headers time out after 10 s, a whole request after 30 s, an idle connection after 65 s", () => {
    assert.deepEqual(TIMEOUTS, { headersMs: 10_000, requestMs: 30_000, stalledMs: 30_000, keepAliveMs: 65_000, checkMs: 1_000 });
  });

  const late: readonly (readonly [string, string, readonly number[], readonly string[]])[] = [
    ["nothing at all", "", [408], ["- 408"]],
    ["half of its headers", GET.slice(0, -3), [408], ["- 408"]],
    ["half of its headers after another request", GET + GET.slice(0, -3), [200, 408], ["GET 200", "- 408"]],
    ["half of its body", HALF_BODY, [408], ["POST 408"]],
    ["half of its body after another request", GET + HALF_BODY, [200, 408], ["GET 200", "POST 408"]],
    ["half a chunk", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", [408], ["POST 408"]],
  ];
  for (const [title, request, statuses, exchanges] of late) {
    test(`a client that sends ${title} gets 408 with JSON, and its connection is closed`, async (t) => {
      const server = await startTestServer(t, readBody, { headersMs: 300, requestMs: 300, checkMs: 20 });
      const connection = await openConnection(t, server.url);
      connection.write(request);
      const responses = await connection.untilClosed();
      assert.deepEqual(responses.map(({ status }) => status), statuses);
      const response = responses.at(-1);
      assert.equal(typeof at(JSON.parse(response?.body ?? ""), "detail"), "string");
      assert.equal(response?.headers.get("connection"), "close");
      assert.deepEqual((await server.finished(0)).map(({ method, status }) => `${method} ${status}`), exchanges);
    });
  }

  test("a client that sends its body too slowly gets 408, however often it sends", async (t) => {
    const server = await startTestServer(t, readBody, { headersMs: 300, requestMs: 300, checkMs: 20 });
    const connection = await openConnection(t, server.url);
    connection.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    const drip = setInterval(() => connection.socket.write("x"), 5);
    t.after(() => clearInterval(drip));
    assert.deepEqual((await connection.responses(1)).map(({ status }) => status), [408]);
  });

  test("a client that does not finish its body after the response is disconnected", async (t) => {
    const server = await startTestServer(t, ignoreBody);
    const connection = await openConnection(t, server.url);
    connection.write(HALF_BODY);
    assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), [200]);
    assert.equal((await server.finished(0)).length, 1);
  });

  test("an idle connection is closed", async (t) => {
    const server = await startTestServer(t, ignoreBody, { keepAliveMs: 50 });
    const connection = await openConnection(t, server.url);
    connection.write(GET);
    assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), [200]);
  });

  test("a client that does not read its response is disconnected", async (t) => {
    const server = await startTestServer(t, () => json("x".repeat(20_000_000)), { stalledMs: 300 });
    const connection = await openConnection(t, server.url);
    connection.socket.pause();
    connection.write(GET);
    await server.finished(1);
    // A connection that sends nothing is closed after the same time. Three of them, since Node.js checks twice whether a write progresses.
    for (let round = 0; round < 3; round += 1) await (await openConnection(t, server.url)).untilClosed();
    connection.socket.resume();
    assert.deepEqual(await connection.untilClosed(), []);
    assert.ok(connection.socket.bytesRead < 20_000_000);
  });

  test("a handler may work longer than the timeout of a stalled response", async (t) => {
    const release = Promise.withResolvers<void>();
    const server = await startTestServer(t, () => release.promise.then(() => json({})), { stalledMs: 300 });
    const connection = await openConnection(t, server.url);
    connection.write(GET);
    for (let round = 0; round < 3; round += 1) await (await openConnection(t, server.url)).untilClosed();
    release.resolve();
    assert.deepEqual((await connection.responses(1)).map(({ status }) => status), [200]);
  });
});
