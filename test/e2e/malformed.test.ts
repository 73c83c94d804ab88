import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { exchangeRaw, openConnection } from "../support/connection.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const HOST = "Host: x\r\n";
const shared = sharedApp();
/** Title, request, status, and the method in the log line, which is `-` if the request was not parsed that far. */
const REFUSED: readonly (readonly [string, string, number, string])[] = [
  ["two Host headers", "GET /health/live HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", 400, "GET"],
  ["two Host headers in HTTP/1.0", "GET /health/live HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, "GET"],
  ["no Host header", "GET /health/live HTTP/1.1\r\n\r\n", 400, "GET"],
  ["HTTP/2.0", `GET /health/live HTTP/2.0\r\n${HOST}\r\n`, 400, "GET"],
  ["HTTP/0.9", `GET /health/live HTTP/0.9\r\n${HOST}\r\n`, 400, "GET"],
  ["HTTP/1.2", `GET /health/live HTTP/1.2\r\n${HOST}\r\n`, 400, "-"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "-"],
  ["no version", "GET /health/live\r\n\r\n", 400, "GET"],
  ["another protocol", `GET /health/live FTP/1.1\r\n${HOST}\r\n`, 400, "-"],
  ["a TLS ClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "-"],
  ["Content-Length with a chunked body", `POST /webhook HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, "-"],
  ["two Content-Length headers", `POST /webhook HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, 400, "-"],
  ["a Content-Length with a sign", `POST /webhook HTTP/1.1\r\n${HOST}Content-Length: +3\r\n\r\nabc`, 400, "-"],
  ["an unknown transfer coding", `POST /webhook HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, 400, "-"],
  ...["a/b", "a@b", "a b", "a,b:80:90", "a:b", "::1", "[::1", "[1.2.3.4]", "[::1%lo]", "[fe80::1]x", "a?b", "a#b", "%zz", "a\\b", "\u00e9"].map(
    (host): (typeof REFUSED)[number] => [`the Host ${host}`, `GET /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 400, "GET"],
  ),
  ["an invalid Host in HTTP/1.0", "GET /health/live HTTP/1.0\r\nHost: a/b\r\n\r\n", 400, "GET"],
  ["a chunked body in HTTP/1.0", `POST /webhook HTTP/1.0\r\n${HOST}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, "POST"],
  ...["gzip, chunked", "gzip,chunked", "identity, chunked", "chunked;a=b, chunked", "\u00a0, chunked", "gzip\r\nTransfer-Encoding: chunked"].map((coding): (typeof REFUSED)[number] => [
    `the transfer coding ${JSON.stringify(coding)}`, `POST /webhook HTTP/1.1\r\n${HOST}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`, 501, "POST",
  ]),
  ["chunked twice", `POST /webhook HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 400, "-"],
  ["a space before the colon", "GET /health/live HTTP/1.1\r\nHost : x\r\n\r\n", 400, "-"],
  ["a folded header", `GET /health/live HTTP/1.1\r\n${HOST}A: b\r\n c\r\n\r\n`, 400, "-"],
  ["bare line feeds", "GET /health/live HTTP/1.1\nHost: x\n\n", 400, "-"],
  ["NUL in a header", `GET /health/live HTTP/1.1\r\n${HOST}A: \x00\r\n\r\n`, 400, "-"],
  ["a target that is not percent-encoded", `GET /messages?q=\xc3\xa9 HTTP/1.1\r\n${HOST}\r\n`, 400, "-"],
  ["an unknown method", `FROB /webhook HTTP/1.1\r\n${HOST}\r\n`, 400, "-"],
  ["a method in lower case", `get /health/live HTTP/1.1\r\n${HOST}\r\n`, 400, "-"],
  ["CONNECT", `CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`, 400, "-"],
  ["headers of 20 KB", `GET /health/live HTTP/1.1\r\n${HOST}A: ${"a".repeat(20_000)}\r\n\r\n`, 431, "-"],
  ["headers of 1 MB", `GET /health/live HTTP/1.1\r\n${HOST}A: ${"a".repeat(1_000_000)}\r\n\r\n`, 431, "-"],
  // Node.js keeps 1,000 headers. A request with more is refused, because a header that matters could be among those dropped.
  ["1,001 headers", `GET /health/live HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(1_000)}\r\n`, 431, "-"],
  ["a target of 20 KB", `GET /messages?q=${"a".repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431, "-"],
  ["an invalid chunk size", `POST /webhook HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, "POST"],
  ["an expectation that cannot be met", `POST /webhook HTTP/1.1\r\n${HOST}Expect: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, 417, "POST"],
  ["an expectation after a no-break space", `POST /webhook HTTP/1.1\r\n${HOST}Expect: \u00a0100-continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, 417, "POST"],
  ["one expectation of two that cannot be met", `POST /webhook HTTP/1.1\r\n${HOST}Expect: 100-continue, x\r\nContent-Length: 0\r\n\r\n`, 417, "POST"],
];

test("a malformed request gets a JSON error and one log line, and its connection is closed:", async (t) => {
  const app = await shared();
  for (const [index, [title, request, status, method]] of REFUSED.entries()) {
    await t.test(`${title}: ${status}`, async (t) => {
      const responses = await exchangeRaw(t, app.url, request);
      assert.deepEqual(responses.map((response) => response.status), [status]);
      const [response] = responses;
      assert.equal(typeof at(JSON.parse(response?.body ?? ""), "detail"), "string");
      assert.equal(response?.headers.get("content-type"), "application/json");
      assert.equal(response?.headers.get("connection"), "close");
      const lines = await app.requestLines(index + 1);
      assert.equal(lines.length, index + 1);
      const line = lines.at(-1);
      assert.deepEqual([line?.["status"], line?.["method"], line?.["level"]], [status, method, status < 500 ? "WARNING" : "ERROR"]);
      assert.equal(line?.["request_id"], response?.headers.get("x-request-id"));
    });
  }
  // No further line is logged later: the next one is that of the next request.
  await shared();
  assert.equal((await app.requestLines(0)).length, REFUSED.length + 1);
});

const SERVED: readonly (readonly [string, string])[] = [
  ["HTTP/1.0 without Host", "GET /health/live HTTP/1.0\r\n\r\n"],
  ["HTTP/1.0 with Expect, which that version does not define", "GET /health/live HTTP/1.0\r\nExpect: x\r\n\r\n"],
  ["an empty Expect", `GET /health/live HTTP/1.1\r\n${HOST}Expect:\r\nConnection: close\r\n\r\n`],
  ["the same expectation twice", `GET /health/live HTTP/1.1\r\n${HOST}Expect: 100-Continue,\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`],
  ["an empty Host", "GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"],
  ...["a", "a.example:80", "a:", "A_b-c.example", "%41", "127.0.0.1:8000", "[::1]:8000", "[2001:db8::1]", "[::ffff:1.2.3.4]", "[v1.a:b]"].map(
    (host): (typeof SERVED)[number] => [`the Host ${host}`, `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`],
  ),
  ["chunked in another case", `GET /health/live HTTP/1.1\r\n${HOST}Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`],
  ["headers of 15 KB", `GET /health/live HTTP/1.1\r\n${HOST}A: ${"a".repeat(15_000)}\r\nConnection: close\r\n\r\n`],
  ["an empty line before the request", `\r\nGET /health/live HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`],
  ["a request to upgrade", `GET /health/live HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`],
];

test("an unusual but valid request is served:", async (t) => {
  const app = await shared();
  for (const [title, request] of SERVED) {
    await t.test(title, async (t) => {
      assert.deepEqual((await exchangeRaw(t, app.url, request)).map(({ status }) => status), [200]);
    });
  }
});

test("a client that is still sending when it is refused gets the response and no reset", async (t) => {
  const app = await shared();
  for (const request of [`CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`, `GET / HTTP/1.1\r\n${HOST}A: ${"a".repeat(20_000)}`]) {
    const { socket, responses, write } = await openConnection(t, app.url);
    write(request);
    assert.ok((await responses(1))[0]?.headers.has("x-request-id"));
    const closed = once(socket, "close");
    write("a".repeat(4_000_000));
    socket.end();
    assert.deepEqual(await closed, [false]);
  }
});

test("a refused client that resets its connection does not disturb the service", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  for (const request of [`CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`, "FROB / HTTP/1.1\r\n\r\n", `POST /webhook HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nabc`]) {
    const { socket, write } = await openConnection(t, app.url);
    socket.on("error", () => undefined);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    write(request);
    // After the request is written, so that the reset meets the response.
    socket.write("", () => socket.resetAndDestroy());
    await closed;
  }
  const { socket, responses, write } = await openConnection(t, app.url);
  write(`CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`);
  await responses(1);
  socket.resetAndDestroy();
  assert.equal((await app.request("/health/live")).status, 200);
});
