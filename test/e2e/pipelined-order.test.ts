import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { delivery, startTestApp } from "../support/app.ts";
import { exchangeRaw, openConnection, rawPost } from "../support/connection.ts";
import { otherConnection } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at } from "../support/json.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const post = (id: string): string => rawPost(JSON.stringify(delivery({ message_id: id })));
const read = (method: string, target: string): string => `${method} ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Requests that are sent at once, and the statuses of their responses. */
const ROWS: readonly (readonly [title: string, requests: readonly string[], statuses: readonly number[]])[] = [
  ["the message posted before it", [post("a"), read("GET", "/messages/a")], [200, 200]],
  ["each of several messages", [post("b"), post("c"), read("GET", "/messages/b"), read("GET", "/messages/c")], [200, 200, 200, 200]],
  ["no message posted after it", [read("GET", "/messages/d"), post("d"), read("GET", "/messages/d")], [404, 200, 200]],
  ["a message posted after another read", [post("e"), read("GET", "/stats"), post("f"), read("GET", "/messages/f")], [200, 200, 200, 200]],
  ["no message of a refused delivery", [post("g").replace("X-Signature", "X-Other"), read("GET", "/messages/g")], [401, 404]],
];

test("a pipelined read sees what earlier requests on its connection have written:", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  for (const [title, requests, statuses] of ROWS) {
    await t.test(title, async (t) => {
      const other = otherConnection(t, app.databasePath);
      other.exec("BEGIN IMMEDIATE");
      const { write, responses } = await openConnection(t, app.url);
      write(requests.join(""));
      // Once another connection is served, everything that the first one sent has been read.
      assert.equal((await app.request("/health/live")).status, 200);
      other.exec("ROLLBACK");
      assert.deepEqual((await responses(requests.length)).map(({ status }) => status), statuses);
    });
  }
});

test("a pipelined list, count and search see an earlier message too", async (t) => {
  const app = await startTestApp(t);
  const { write, responses } = await openConnection(t, app.url);
  write(post("a") + ["/messages", "/stats", "/messages?q=hello"].map((target) => read("GET", target)).join(""));
  const [, list, stats, search] = (await responses(4)).map(({ body }) => JSON.parse(body));
  assert.deepEqual([at(list, "total"), at(stats, "total_messages"), at(search, "total")], [1, 1, 1]);
});

test("deliveries of one connection do not wait for each other", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t);
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const { write, responses } = await openConnection(t, app.url);
  write(Array.from({ length: 100 }, (_, index) => post(`m${index}`)).join(""));
  assert.equal((await app.request("/health/live")).status, 200);
  other.exec("ROLLBACK");
  assert.deepEqual(new Set((await responses(100)).map(({ status }) => status)), new Set([200]));
  const batches = Number(/^webhook_batch_messages_count (\d+)/m.exec((await app.request("/metrics")).body)?.[1]);
  assert.ok(batches < 10, `${batches} transactions`);
});

test("a pipelined erasure waits for the delivery before it, and a read waits for the erasure", async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "t" } });
  const { write, responses } = await openConnection(t, app.url);
  const token = (request: string): string => request.replace("Host: x", "Host: x\r\nAuthorization: Bearer t");
  write(post("a") + ["DELETE", "GET"].map((method) => token(read(method, "/messages/a"))).join(""));
  assert.deepEqual((await responses(3)).map(({ status }) => status), [200, 204, 404]);
});

test("a delivery after an erasure of its sender's messages stays stored, whatever is sent before the erasure", ONLY_IN_FULL_RUN, async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "t" } });
  const token = (request: string): string => request.replace("Host: x", "Host: x\r\nAuthorization: Bearer t");
  for (const [index, before] of [[], ["a"], ["b", "c"]].entries()) {
    const from = `+${index}`;
    const late = `late${index}`;
    const deliver = (id: string): string => rawPost(JSON.stringify(delivery({ message_id: id, from })));
    const requests = [
      ...before.map(deliver), token(read("DELETE", `/messages?from=${from}`)),
      deliver(late), token(read("GET", `/messages/${late}`)), ...before.map((id) => token(read("GET", `/messages/${id}`))),
    ];
    const { write, responses } = await openConnection(t, app.url);
    write(requests.join(""));
    const statuses = (await responses(requests.length)).map(({ status }) => status);
    assert.deepEqual(statuses, [...before.map(() => 200), 200, 200, 200, ...before.map(() => 404)], before.join());
  }
});

test("an erasure waits for the export before it, which is complete", async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "t" } });
  const token = (request: string): string => request.replace("Host: x", "Host: x\r\nAuthorization: Bearer t");
  const headers = { Authorization: "Bearer t" };
  // More than the system's buffers hold.
  const text = "\u{1F600}".repeat(4096);
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => app.deliver(delivery({ message_id: `m${index}`, text }))));
  const { socket, write } = await openConnection(t, app.url);
  socket.pause();
  const received: string[] = [];
  socket.on("data", (chunk) => void received.push(String(chunk)));
  const erasure = token(read("DELETE", "/messages?from=%2B919876543210")).replace("Host: x", "Host: x\r\nConnection: close");
  write(token(read("GET", "/messages?format=ndjson")) + erasure);
  // This one is erased after the other would have been.
  assert.equal((await app.request("/messages/m0", { method: "DELETE", headers })).status, 204);
  assert.equal(at((await app.request("/messages?limit=1", { headers })).json, "total"), 999);
  const end = once(socket, "end");
  socket.resume();
  await end;
  const all = received.join("");
  assert.ok(all.endsWith('{"erased":999}'));
  assert.ok(all.split('"message_id"').length > 999);
});

test("a delivery after an erasure that waits is checked meanwhile, so that only a valid one is held in memory", async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "t" } });
  const token = (request: string): string => request.replace("Host: x", "Host: x\r\nAuthorization: Bearer t");
  const { socket, write } = await openConnection(t, app.url);
  write(token(read("GET", "/tail")) + token(read("DELETE", "/messages/a")) + post("a").replace("X-Signature", "X-Other") + post("b"));
  assert.deepEqual((await app.requestLines(1)).map((line) => line["status"]), [401]);
  socket.destroy();
  const lines = (await app.requestLines(4)).slice(1).map((line) => [line["method"], line["status"]]);
  assert.deepEqual(lines, [["GET", 200], ["DELETE", 404], ["POST", 200]]);
});

test("an invalid body after an erasure is refused, and the responses before it arrive", ONLY_IN_FULL_RUN, async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "t" } });
  const erasure = read("DELETE", "/messages/a").replace("Host: x", "Host: x\r\nAuthorization: Bearer t");
  const answers = await exchangeRaw(t, app.url, `${post("a")}${erasure}POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`);
  assert.deepEqual(answers.map(({ status }) => status), [200, 204, 400]);
});
