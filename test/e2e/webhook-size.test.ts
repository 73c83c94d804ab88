import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, sign } from "../support/app.ts";
import { exchangeRaw, openConnection, rawPost } from "../support/connection.ts";
import { storedIds } from "../support/database.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const LIVE = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
const LIMIT = 200;
const SMALL = { env: { MAX_BODY_BYTES: String(LIMIT) } };
const small = sharedApp(SMALL);
const usual = sharedApp();

/** A valid delivery of exactly this many bytes. */
function bodyOf(id: string, bytes: number): string {
  const empty = JSON.stringify(delivery({ message_id: id, text: "" }));
  return JSON.stringify(delivery({ message_id: id, text: "x".repeat(bytes - Buffer.byteLength(empty)) }));
}

function chunked(body: string): string {
  const head = ["POST /webhook HTTP/1.1", "Host: x", `X-Signature: ${sign(body)}`, "Transfer-Encoding: chunked", "Connection: close"];
  const half = Math.ceil(body.length / 2);
  const chunks = [body.slice(0, half), body.slice(half)].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  return `${head.join("\r\n")}\r\n\r\n${chunks.join("")}0\r\n\r\n`;
}

for (const [bytes, status] of [[LIMIT, 200], [LIMIT + 1, 413]] as const) {
  test(`a body of ${bytes} bytes gets ${status} if the limit is ${LIMIT}`, async (t) => {
    const app = await small();
    const id = `with ${bytes} bytes`;
    const body = bodyOf(id, bytes);
    const response = await app.deliver(body);
    assert.equal(response.status, status);
    const [chunkedResponse] = await exchangeRaw(t, app.url, chunked(body));
    assert.equal(chunkedResponse?.status, status);
    if (status === 413) assert.equal(typeof at(response.json, "detail"), "string");
    assert.equal(storedIds(app.databasePath).includes(id), status === 200);
    assert.deepEqual((await app.requestLines(2)).map((line) => line["result"]), status === 200 ? ["created", "duplicate"] : ["too_large", "too_large"]);
  });
}

test("the default limit is 4194304 bytes", async () => {
  const app = await usual();
  assert.equal((await app.deliver("x".repeat(4_194_304))).status, 422);
  assert.equal((await app.deliver("x".repeat(4_194_305))).status, 413);
});

test("a body whose Content-Length is too large is refused before any of it arrives", async (t) => {
  const app = await small();
  const connection = await openConnection(t, app.url);
  connection.write(rawPost("", { length: LIMIT + 1 }));
  const [response] = await connection.responses(1);
  assert.equal(response?.status, 413);
});

test("a body without a Content-Length is refused as soon as it exceeds the limit", async (t) => {
  const app = await small();
  const connection = await openConnection(t, app.url);
  connection.write(`POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n${"x".repeat(LIMIT + 1)}`);
  const [response] = await connection.responses(1);
  assert.equal(response?.status, 413);
});

test("the connection serves the next request once a body that was too large is discarded", async (t) => {
  const app = await small();
  const connection = await openConnection(t, app.url);
  connection.write(rawPost("x".repeat(100_000)) + rawPost(JSON.stringify(delivery())));
  assert.deepEqual((await connection.responses(2)).map(({ status }) => status), [413, 200]);
});

test("a client that keeps sending far beyond the limit is disconnected", ONLY_IN_FULL_RUN, async (t) => {
  const app = await small();
  const connection = await openConnection(t, app.url);
  connection.write(rawPost("", { length: 1e9 }));
  const closed = new Promise((resolve) => connection.socket.once("close", resolve));
  connection.socket.on("error", () => undefined);
  const filler = "x".repeat(64 * 1024);
  function fill(): void {
    while (!connection.socket.destroyed && connection.socket.write(filler));
  }
  connection.socket.on("drain", fill);
  fill();
  await closed;
  assert.deepEqual((await app.requestLines(1)).map((line) => line["status"]), [413]);
});

const ENCODINGS: readonly (readonly [value: string, status: number])[] = [
  ["gzip", 415], ["GZIP", 415], ["x-gzip", 415], ["deflate", 415], ["br", 415], ["zstd", 415], ["aws-chunked", 415],
  ["utf-8", 415], ["identity, gzip", 415], ["identityidentity", 415], ["identity identity", 415], ["identity\u00a0", 415], ["gzip\r\nContent-Encoding: identity", 415],
  ["identity", 200], ["Identity", 200], ["", 200], ["identity, identity", 200], [",identity ,", 200],
];

test("a body with a Content-Encoding other than identity gets 415, and the connection continues:", async (t) => {
  const app = await usual();
  for (const [value, status] of ENCODINGS) {
    await t.test(`${JSON.stringify(value)}: ${status}`, async (t) => {
      const connection = await openConnection(t, app.url);
      connection.write(rawPost(JSON.stringify(delivery()), { headers: [`Content-Encoding: ${value}`] }) + LIVE);
      const [response, next] = await connection.responses(2);
      assert.equal(response?.status, status);
      assert.equal(response.headers.get("accept-encoding"), status === 415 ? "identity" : undefined);
      assert.equal(next?.status, 200);
    });
  }
  const statuses = (await app.requestLines(2 * ENCODINGS.length)).filter(({ method }) => method === "POST").map((line) => line["status"]);
  assert.deepEqual(statuses, ENCODINGS.map(([, status]) => status));
});

test("an encoded body gets no 100 Continue, and one that is too large as well gets 413", async (t) => {
  const app = await small();
  for (const [length, status] of [[LIMIT, 415], [LIMIT + 1, 413]] as const) {
    const connection = await openConnection(t, app.url);
    connection.write(rawPost("", { length, headers: ["Expect: 100-continue", "Content-Encoding: gzip"] }));
    assert.deepEqual((await connection.responses(1)).map((response) => response.status), [status]);
  }
});

test("a body within the limit gets 100 Continue if the client expects it", async (t) => {
  const app = await usual();
  const body = JSON.stringify(delivery());
  const connection = await openConnection(t, app.url);
  connection.write(rawPost(body, { headers: ["Expect: 100-continue"] }).slice(0, -body.length));
  assert.deepEqual((await connection.responses(1)).map(({ status }) => status), [100]);
  connection.write(body);
  assert.deepEqual((await connection.responses(2)).map(({ status }) => status), [100, 200]);
});

test("a body that is too large gets no 100 Continue", async (t) => {
  const app = await small();
  const responses = await exchangeRaw(t, app.url, rawPost("", { length: LIMIT + 1, headers: ["Expect: 100-continue"] }));
  assert.deepEqual(responses.map(({ status }) => status), [413]);
  // The server cannot know whether the client will still send the body.
  assert.equal(responses[0]?.headers.get("connection"), "close");
});
