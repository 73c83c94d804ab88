import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, sign, startTestApp } from "../support/app.ts";
import { exchangeRaw, openConnection, rawPost } from "../support/connection.ts";
import { otherConnection, storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";

const LIVE = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
const STATS = "GET /stats HTTP/1.1\r\nHost: x\r\n\r\n";
const post = (id: string, headers: readonly string[] = []): string => rawPost(JSON.stringify(delivery({ message_id: id })), { headers });
/** A request that by default ends in the middle of a chunk. */
const chunked = (method: string, path: string, chunks: string = "5\r\nabc"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Signature: ${sign("")}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
const BROKEN = "deZZZ\r\n";

test("a client that half-closes after a complete request gets its answer, also when the commit takes a while", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(LIVE + post("m1"));
  connection.halfClose();
  // The server has read all of it, half-close included, while the commit waits for the lock.
  assert.equal((await connection.answers(1))[0]?.status, 200);
  assert.equal((await app.request("/health/live")).status, 200);
  other.exec("ROLLBACK");
  assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), [200, 200]);
  assert.deepEqual(storedIds(app.databasePath), ["m1"]);
});

for (const [title, request, method] of [["headers", "GET /stats HTTP/1.1\r\nHo", "-"], ["body", post("m1").slice(0, -1), "POST"]] as const) {
  test(`a client that half-closes within its ${title} is answered 400`, async (t) => {
    const app = await startTestApp(t);
    const connection = await openConnection(t, app.url);
    connection.write(request);
    connection.halfClose();
    assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), [400]);
    assert.deepEqual((await app.requestLines(1)).map((line) => [line["method"], line["status"]]), [[method, 400]]);
    assert.deepEqual(storedIds(app.databasePath), []);
  });
}

test("pipelined requests get their responses in order, quick ones after slow ones", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(post("m1") + LIVE + "GET /nope HTTP/1.1\r\nHost: x\r\n\r\n" + STATS + post("m2"));
  assert.equal((await app.request("/health/live")).status, 200);
  other.exec("ROLLBACK");
  const answers = await connection.answers(5);
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 404, 200, 200]);
  assert.equal(answers[2]?.body, '{"detail":"not found"}');
  assert.deepEqual(storedIds(app.databasePath), ["m1", "m2"]);
});

/** What is written at once, then what is written after this many answers; all answers; the log as method and status. */
const FAULTS: readonly (readonly [string, string, number, string, readonly number[], readonly string[]])[] = [
  ["a broken chunk behind a served request", post("m1"), 1, chunked("POST", "/webhook") + BROKEN, [200, 400], ["POST 200", "POST 400"]],
  ["a broken chunk of a pipelined request", post("m1") + chunked("POST", "/webhook"), 1, BROKEN, [200, 400], ["POST 200", "POST 400"]],
  ["a broken chunk of a body that nobody awaits", chunked("POST", "/nope"), 1, BROKEN, [404], ["POST 404"]],
  ["a broken chunk of a body that was too large", chunked("POST", "/webhook", `40001\r\n${"x".repeat(0x40001)}`), 1, "\r\nZZ\r\n", [413], ["POST 413"]],
  ["a broken chunk while the handler still works", LIVE + chunked("GET", "/stats") + BROKEN, 0, "", [200, 200], ["GET 200", "GET 200"]],
  ["garbage behind one request", post("m1") + "GARBAGE\r\n\r\n", 0, "", [200, 400], ["POST 200", "- 400"]],
  ["garbage behind two", post("m1") + post("m1") + "GARBAGE\r\n\r\n", 0, "", [200, 200, 400], ["POST 200", "POST 200", "- 400"]],
  ["garbage after the answer", post("m1"), 1, "GARBAGE\r\n\r\n", [200, 400], ["POST 200", "- 400"]],
  ["garbage after garbage", post("m1") + "GARBAGE\r\n\r\n", 2, "GARBAGE\r\n\r\n", [200, 400], ["POST 200", "- 400"]],
  ["garbage behind a request that closes", post("m1", ["Connection: close"]) + "GARBAGE", 0, "", [200], ["POST 200"]],
  ["a line end behind a request that closes", post("m1", ["Connection: close"]) + "\r\n", 0, "", [200], ["POST 200"]],
];

test("every request gets exactly one response and one log line, whatever follows it:", async (t) => {
  const app = await startTestApp(t, { env: { MAX_BODY_BYTES: "262144" } });
  let logged = 0;
  for (const [title, first, awaited, then, statuses, log] of FAULTS) {
    await t.test(title, async (t) => {
      const connection = await openConnection(t, app.url);
      connection.write(first);
      await connection.answers(awaited);
      connection.write(then);
      assert.deepEqual((await connection.untilClosed()).map(({ status }) => status), statuses);
      logged += log.length;
      const lines = (await app.requestLines(logged)).slice(-log.length);
      assert.deepEqual(lines.map((line) => `${line["method"]} ${line["status"]}`).toSorted(), log.toSorted());
    });
  }
  // Nothing was logged besides, later.
  await app.app.close();
  assert.equal((await app.requestLines(0)).length, logged);
});

test("garbage after a request is refused once, after the response to that request", { skip: ONLY_SQLITE }, async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): number => warnings.push(warning);
  process.on("warning", onWarning);
  t.after(() => process.off("warning", onWarning));
  const app = await startTestApp(t);
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
  // One listener for each piece of garbage would be a leak, of which Node warns.
  assert.deepEqual(warnings, []);
});

test("a connection is kept for further requests, for 65 s", async (t) => {
  const app = await startTestApp(t);
  const connection = await openConnection(t, app.url);
  connection.write(LIVE);
  const [first] = await connection.answers(1);
  assert.equal(first?.headers.get("connection"), "keep-alive");
  assert.equal(first?.headers.get("keep-alive"), "timeout=65");
  connection.write(post("m1"));
  assert.equal((await connection.answers(2))[1]?.status, 200);
});

test("a connection is closed after its response if the client asks for it, and with HTTP/1.0", async (t) => {
  const app = await startTestApp(t);
  for (const request of [LIVE.replace("Host: x", "Host: x\r\nConnection: close"), "GET /health/live HTTP/1.0\r\n\r\n"]) {
    const [answer] = await exchangeRaw(t, app.url, request);
    assert.equal(answer?.headers.get("connection"), "close");
  }
});

test("a client that goes away before its answer leaves the message stored and one log line", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const connection = await openConnection(t, app.url);
  connection.write(LIVE + post("m1"));
  await connection.answers(1);
  const closed = new Promise((resolve) => connection.socket.once("close", resolve));
  connection.socket.destroy();
  await closed;
  other.exec("ROLLBACK");
  assert.deepEqual((await app.requestLines(2)).map((line) => line["result"]), [undefined, "created"]);
  assert.deepEqual(storedIds(app.databasePath), ["m1"]);
});
