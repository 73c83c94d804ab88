import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { exchangeRaw, openConnection, rawPost } from "../support/connection.ts";
import { otherConnection } from "../support/database.ts";
import { deliverLarge } from "../support/deliver-all.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";

const shared = sharedApp({ env: { API_TOKEN: "t" } });
const post = (id: string): string => rawPost(JSON.stringify(delivery({ message_id: id })));
const read = (method: string, target: string): string => `${method} ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n`;

/** Requests that are sent at once, and the statuses of their responses. */
const ROWS: readonly (readonly [title: string, requests: readonly string[], statuses: readonly number[]])[] = [
  ["the message posted before it", [post("a"), read("GET", "/messages/a")], [200, 200]],
  ["each of several messages", [post("b"), post("c"), read("GET", "/messages/b"), read("GET", "/messages/c")], [200, 200, 200, 200]],
  ["no message posted after it", [read("GET", "/messages/d"), post("d"), read("GET", "/messages/d")], [404, 200, 200]],
  ["a message posted after another read", [post("e"), read("GET", "/stats"), post("f"), read("GET", "/messages/f")], [200, 200, 200, 200]],
  ["no message of a refused delivery", [post("g").replace("X-Signature", "X-Other"), read("GET", "/messages/g")], [401, 404]],
];

test("a pipelined read sees what earlier requests on its connection have written:", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  for (const [title, requests, statuses] of ROWS) {
    await t.test(title, async (t) => {
      const other = otherConnection(t, app.databasePath);
      other.exec("BEGIN IMMEDIATE");
      const { write, responses } = await openConnection(t, app.url);
      write(requests.join(""));
      // Reads before the first delivery do not wait for the lock.
      await responses(requests.findIndex((request) => request.startsWith("POST")));
      // Once another connection is served, everything that the first one sent has been read.
      assert.equal((await app.request("/health/live")).status, 200);
      other.exec("ROLLBACK");
      assert.deepEqual((await responses(requests.length)).map(({ status }) => status), statuses);
    });
  }
});

test("a pipelined list, count and search see an earlier message too", async (t) => {
  const app = await shared();
  const { write, responses } = await openConnection(t, app.url);
  const targets = ["/messages", "/stats", "/messages?q=hello"];
  const totals = (bodies: readonly string[]): readonly number[] =>
    bodies.map((body): unknown => JSON.parse(body)).map((page, index) => Number(at(page, index === 1 ? "total_messages" : "total")));
  const before: string[] = [];
  for (const target of targets) before.push((await app.request(target, { headers: { Authorization: "Bearer t" } })).body);
  write(post("counted") + targets.map((target) => read("GET", target)).join(""));
  const [, ...after] = (await responses(4)).map(({ body }) => body);
  assert.deepEqual(totals(after), totals(before).map((total) => total + 1));
});

test("deliveries of one connection do not wait for each other", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  const { write, responses } = await openConnection(t, app.url);
  const batches = async (): Promise<number> => Number(/^webhook_batch_messages_count (\d+)/m.exec((await app.request("/metrics")).body)?.[1]);
  const before = await batches();
  write(Array.from({ length: 100 }, (_, index) => post(`m${index}`)).join(""));
  assert.equal((await app.request("/health/live")).status, 200);
  other.exec("ROLLBACK");
  assert.deepEqual(new Set((await responses(100)).map(({ status }) => status)), new Set([200]));
  const transactions = (await batches()) - before;
  assert.ok(transactions < 10, `${transactions} transactions`);
});

test("a pipelined erasure waits for the delivery before it, and a read waits for the erasure", async (t) => {
  const app = await shared();
  const { write, responses } = await openConnection(t, app.url);
  write(post("erased") + read("DELETE", "/messages/erased") + read("GET", "/messages/erased"));
  assert.deepEqual((await responses(3)).map(({ status }) => status), [200, 204, 404]);
});

test("a delivery after an erasure of its sender's messages stays stored, whatever is sent before the erasure", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  for (const [index, before] of [[], ["early1"], ["early2", "early3"]].entries()) {
    const from = `+9${index}`;
    const late = `late${index}`;
    const deliver = (id: string): string => rawPost(JSON.stringify(delivery({ message_id: id, from })));
    const requests = [
      ...before.map(deliver), read("DELETE", `/messages?from=${from}`),
      deliver(late), read("GET", `/messages/${late}`), ...before.map((id) => read("GET", `/messages/${id}`)),
    ];
    const { write, responses } = await openConnection(t, app.url);
    write(requests.join(""));
    const statuses = (await responses(requests.length)).map(({ status }) => status);
    assert.deepEqual(statuses, [...before.map(() => 200), 200, 200, 200, ...before.map(() => 404)], before.join());
  }
});

test("an erasure waits for the export before it, which is complete", async (t) => {
  const app = await shared();
  const headers = { Authorization: "Bearer t" };
  // More than the system's buffers hold.
  await deliverLarge(app, 64);
  const sender = "from=%2B16505550142";
  const { socket, write } = await openConnection(t, app.url);
  socket.pause();
  const received: string[] = [];
  socket.on("data", (chunk) => void received.push(String(chunk)));
  const erasure = read("DELETE", `/messages?${sender}`).replace("Host: x", "Host: x\r\nConnection: close");
  write(read("GET", `/messages?${sender}&format=ndjson&payload=1`) + erasure);
  // This one is erased after the other would have been.
  assert.equal((await app.request("/messages/large0", { method: "DELETE", headers })).status, 204);
  assert.equal(at((await app.request(`/messages?${sender}&limit=1`, { headers })).json, "total"), 63);
  const end = once(socket, "end");
  socket.resume();
  await end;
  const all = received.join("");
  assert.ok(all.endsWith('{"erased":63}'));
  assert.ok(all.split('"message_id"').length > 63);
});

test("a delivery after an erasure that waits is checked meanwhile, so that only a valid one is held in memory", async (t) => {
  const app = await shared();
  const { socket, write } = await openConnection(t, app.url);
  write(read("GET", "/tail") + read("DELETE", "/messages/none") + post("unsigned").replace("X-Signature", "X-Other") + post("held"));
  assert.deepEqual((await app.requestLines(1)).map((line) => line["status"]), [401]);
  socket.destroy();
  const lines = (await app.requestLines(4)).slice(1).map((line) => [line["method"], line["status"]]);
  assert.deepEqual(lines, [["GET", 200], ["DELETE", 404], ["POST", 200]]);
});

test("an invalid body after an erasure is refused, and the responses before it arrive", ONLY_IN_FULL_RUN, async (t) => {
  const app = await shared();
  const erasure = read("DELETE", "/messages/valid");
  const answers = await exchangeRaw(t, app.url, `${post("valid")}${erasure}POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`);
  assert.deepEqual(answers.map(({ status }) => status), [200, 204, 400]);
});
