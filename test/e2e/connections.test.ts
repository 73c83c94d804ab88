import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, sign } from "../support/app.ts";
import { exchangeRaw, openConnection, rawPost } from "../support/connection.ts";
import { otherConnection, storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { sharedApp } from "../support/shared-app.ts";
import { oneOfMany } from "../support/sweep.ts";

const LIVE = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
const STATS = "GET /stats HTTP/1.1\r\nHost: x\r\n\r\n";
const post = (id: string, headers: readonly string[] = []): string => rawPost(JSON.stringify(delivery({ message_id: id })), { headers });
/** A request that by default ends in the middle of a chunk. */
const chunked = (method: string, path: string, chunks: string = "5\r\nabc"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Signature: ${sign("")}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
const MALFORMED_CHUNK = "deZZZ\r\n";
const shared = sharedApp({ env: { MAX_BODY_BYTES: "262144" } });

test("a client that half-closes after a complete request gets its response, even if the commit takes a while", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(LIVE + post("half-closed"));
  connection.halfClose();
  // By now the server has read everything, including the half-close, and the commit waits for the lock.
  assert.equal((await connection.responses(1))[0]?.status, 200);
  assert.equal((await app.request("/health/live")).status, 200);
  other.exec("ROLLBACK");
  assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), [200, 200]);
  assert.ok(storedIds(app.databasePath).includes("half-closed"));
});

for (const [index, [title, request, method]] of ([["headers", "GET /stats HTTP/1.1\r\nHo", "-"], ["body", post("cut off").slice(0, -1), "POST"]] as const).entries()) {
  test(`a client that half-closes in the middle of its ${title} gets 400`, { skip: oneOfMany(index, { every: 2 }) }, async (t) => {
    const app = await shared();
    const connection = await openConnection(t, app.url);
    connection.write(request);
    connection.halfClose();
    assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), [400]);
    assert.deepEqual((await app.requestLines(1)).map((line) => [line["method"], line["status"]]), [[method, 400]]);
    assert.ok(!storedIds(app.databasePath).includes("cut off"));
  });
}

test("pipelined requests get their responses in order, quick ones after slow ones", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(post("first") + LIVE + "GET /nope HTTP/1.1\r\nHost: x\r\n\r\n" + STATS + post("second"));
  assert.equal((await app.request("/health/live")).status, 200);
  other.exec("ROLLBACK");
  const responses = await connection.responses(5);
  assert.deepEqual(responses.map(({ status }) => status), [200, 200, 404, 200, 200]);
  assert.equal(responses[2]?.body, '{"detail":"not found"}');
  assert.deepEqual(storedIds(app.databasePath).filter((id) => /^(?:first|second)$/.test(id)), ["first", "second"]);
});

/** `next` is written after `awaited` responses. `log` has the method and status of each log line. */
const FAULTS: readonly (readonly [title: string, first: string, awaited: number, next: string, statuses: readonly number[], log: readonly string[]])[] = [
  ["a malformed chunk after a served request", post("m1"), 1, chunked("POST", "/webhook") + MALFORMED_CHUNK, [200, 400], ["POST 200", "POST 400"]],
  ["a malformed chunk in a pipelined request", post("m1") + chunked("POST", "/webhook"), 1, MALFORMED_CHUNK, [200, 400], ["POST 200", "POST 400"]],
  ["a malformed chunk in a body that no handler reads", chunked("POST", "/nope"), 1, MALFORMED_CHUNK, [404], ["POST 404"]],
  ["a malformed chunk in a body that was too large", chunked("POST", "/webhook", `40001\r\n${"x".repeat(0x40001)}`), 1, "\r\nZZ\r\n", [413], ["POST 413"]],
  ["a malformed chunk while the handler is still working", LIVE + chunked("GET", "/stats") + MALFORMED_CHUNK, 0, "", [200, 200], ["GET 200", "GET 200"]],
  ["garbage after one request", post("m1") + "GARBAGE\r\n\r\n", 0, "", [200, 400], ["POST 200", "- 400"]],
  ["garbage after two requests", post("m1") + post("m1") + "GARBAGE\r\n\r\n", 0, "", [200, 200, 400], ["POST 200", "POST 200", "- 400"]],
  ["garbage after the response", post("m1"), 1, "GARBAGE\r\n\r\n", [200, 400], ["POST 200", "- 400"]],
  ["garbage after garbage", post("m1") + "GARBAGE\r\n\r\n", 2, "GARBAGE\r\n\r\n", [200, 400], ["POST 200", "- 400"]],
  ["garbage after a request with Connection: close", post("m1", ["Connection: close"]) + "GARBAGE", 0, "", [200], ["POST 200"]],
  ["a line ending after a request with Connection: close", post("m1", ["Connection: close"]) + "\r\n", 0, "", [200], ["POST 200"]],
];

test("every request gets exactly one response and one log line, whatever follows it:", async (t) => {
  const app = await shared();
  let logged = 0;
  for (const [title, first, awaited, next, statuses, log] of FAULTS) {
    await t.test(title, async (t) => {
      const connection = await openConnection(t, app.url);
      connection.write(first);
      await connection.responses(awaited);
      connection.write(next);
      assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), statuses);
      logged += log.length;
      const lines = (await app.requestLines(logged)).slice(-log.length);
      assert.deepEqual(lines.map((line) => `${line["method"]} ${line["status"]}`).toSorted(), log.toSorted());
    });
  }
  // No further line is logged later: the next one is that of the next request.
  await shared();
  assert.equal((await app.requestLines(0)).length, logged + 1);
});

test("garbage after a request is refused once, after the response to that request", { skip: ONLY_SQLITE }, async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(post("m1"));
  for (let index = 0; index < 20; index += 1) {
    connection.write("GARBAGE\r\n\r\n");
    assert.equal((await app.request("/health/live")).status, 200);
  }
  other.exec("ROLLBACK");
  assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), [200, 400]);
  assert.equal((await app.requestLines(22)).length, 22);
  // One listener per write of garbage would be a leak, and Node.js would warn about it.
  assert.deepEqual(warnings, []);
});

test("a connection serves further requests, and announces that it stays open for 65 s", async (t) => {
  const app = await shared();
  const connection = await openConnection(t, app.url);
  connection.write(LIVE);
  const [first] = await connection.responses(1);
  assert.equal(first?.headers.get("connection"), "keep-alive");
  assert.equal(first?.headers.get("keep-alive"), "timeout=65");
  connection.write(post("m1"));
  assert.equal((await connection.responses(2))[1]?.status, 200);
});

test("a connection is closed after the response to a request with Connection: close or with HTTP/1.0", async (t) => {
  const app = await shared();
  for (const request of [LIVE.replace("Host: x", "Host: x\r\nConnection: close"), "GET /health/live HTTP/1.0\r\n\r\n"]) {
    const [response] = await exchangeRaw(t, app.url, request);
    assert.equal(response?.headers.get("connection"), "close");
  }
});

test("if a client disconnects before its response, the message is stored and one log line is written", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(LIVE + post("disconnected"));
  await connection.responses(1);
  const closed = new Promise((resolve) => connection.socket.once("close", resolve));
  connection.socket.destroy();
  await closed;
  other.exec("ROLLBACK");
  assert.deepEqual((await app.requestLines(2)).map((line) => line["result"]), [undefined, "created"]);
  assert.ok(storedIds(app.databasePath).includes("disconnected"));
});
