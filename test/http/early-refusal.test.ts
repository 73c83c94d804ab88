import assert from "node:assert/strict";
import { test } from "node:test";
import type { Handler } from "../../src/http/message.ts";
import { json, refuse } from "../../src/http/respond.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const SIZE = 20_000_000;
const CHUNK = "x".repeat(1_000_000);

const readBody: Handler = async (request) => {
  const body = await request.readBody();
  return body.ok ? json({}) : refuse(body.error);
};
const limited: Handler = () => refuse({ code: "rate_limited", detail: "too many", headers: { "Retry-After": "1" } });

const ANNOUNCED = `Host: x\r\nContent-Length: ${SIZE}\r\n\r\n`;
const CHUNKED = `Transfer-Encoding: chunked\r\n\r\n${SIZE.toString(16)}\r\n`;

const REFUSALS: readonly (readonly [title: string, handle: Handler, head: string, status: number])[] = [
  ["too large by its Content-Length", readBody, `POST / HTTP/1.1\r\n${ANNOUNCED}`, 413],
  ["too large and chunked", readBody, `POST / HTTP/1.1\r\nHost: x\r\n${CHUNKED}`, 413],
  ["too large, with Connection: close", readBody, `POST / HTTP/1.1\r\nConnection: close\r\n${ANNOUNCED}`, 413],
  ["too large, with HTTP/1.0", readBody, `POST / HTTP/1.0\r\n${ANNOUNCED}`, 413],
  ["beyond the rate limit", limited, `POST / HTTP/1.1\r\n${ANNOUNCED}`, 429],
  ["beyond the rate limit, with Connection: close", limited, `POST / HTTP/1.1\r\nConnection: close\r\n${ANNOUNCED}`, 429],
  ["encoded", readBody, `POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nConnection: close\r\nHost: x\r\nContent-Length: ${SIZE}\r\n\r\n`, 413],
  ["encoded and chunked", readBody, `POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nConnection: close\r\nHost: x\r\n${CHUNKED}`, 415],
  ["to an unknown path", readBody, `POST /none HTTP/1.1\r\nConnection: close\r\n${ANNOUNCED}`, 404],
  ["with a method that the path does not support", readBody, `PUT / HTTP/1.1\r\nConnection: close\r\n${ANNOUNCED}`, 405],
  ["with an invalid Host", readBody, `POST / HTTP/1.1\r\nHost: a/b\r\n${CHUNKED}`, 400],
  ["in another transfer coding", readBody, `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${SIZE.toString(16)}\r\n`, 501],
  ["with an unknown expectation", readBody, `POST / HTTP/1.1\r\nExpect: x\r\nConnection: close\r\n${ANNOUNCED}`, 417],
  ["with a malformed chunk", readBody, `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
];

test("a client that writes 20 MB before it reads anything can read the response to a refused request:", async (t) => {
  for (const [title, handle, head, status] of REFUSALS) {
    await t.test(`${title}: ${status}`, async (t) => {
      const server = await startTestServer(t, handle);
      const { socket, responses } = await openConnection(t, server.url);
      socket.pause();
      socket.write(head);
      for (let sent = 0; sent < SIZE; sent += CHUNK.length) {
        await new Promise<void>((resolve, reject) => socket.write(CHUNK, (error) => (error ? reject(error) : resolve())));
      }
      socket.resume();
      assert.deepEqual((await responses(1)).map((response) => response.status), [status]);
    });
  }
});

const CLOSING: readonly (readonly [title: string, request: string, status: number, connection: string])[] = [
  ["a body that is read to its end", `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n`, 413, "keep-alive"],
  ["a body that is too long to read to its end", `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${1e9}\r\n\r\n`, 413, "close"],
  ["chunk extensions", `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\n`, 413, "close"],
  ["a malformed chunk", `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, "close"],
];

test("the response says whether the connection continues:", async (t) => {
  const server = await startTestServer(t, readBody);
  for (const [title, request, status, expected] of CLOSING) {
    await t.test(`${title}: ${expected}`, async (t) => {
      const connection = await openConnection(t, server.url);
      connection.write(request);
      const [response] = await connection.responses(1);
      assert.deepEqual([response?.status, response?.headers.get("connection")], [status, expected]);
      connection.socket.destroy();
    });
  }
});
