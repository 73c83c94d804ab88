import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { delivery, send, sign, startTestApp } from "../support/app.ts";
import { atEnd } from "../support/cleanup.ts";
import { openConnection, rawPost } from "../support/connection.ts";
import { storedIds } from "../support/database.ts";

function sampleOf(text: string, series: string): number {
  return Number(new RegExp(`^${series} (\\S+)$`, "m").exec(text)?.[1]);
}

test("repeats sent at once over many connections all get 200, and each message is stored once", async (t) => {
  const app = await startTestApp(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  atEnd(t, () => agent.destroy());
  const bodies = Array.from({ length: 400 }, (_, index) => JSON.stringify(delivery({ message_id: `m${index % 10}` })));
  const responses = await Promise.all(
    bodies.map((body) => send(app.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) }, agent })),
  );
  assert.deepEqual(new Set(responses.map(({ status, body }) => `${status} ${body}`)), new Set(['200 {"status":"ok"}']));
  assert.deepEqual(storedIds(app.databasePath).toSorted(), Array.from({ length: 10 }, (_, index) => `m${index}`));

  const results = (await app.requestLines(400)).map((line) => `${line["message_id"]} ${line["result"]}`);
  for (let index = 0; index < 10; index += 1) {
    assert.equal(results.filter((result) => result === `m${index} created`).length, 1);
    assert.equal(results.filter((result) => result === `m${index} duplicate`).length, 39);
  }
});

test("repeats in one batch are stored once", async (t) => {
  const app = await startTestApp(t);
  const connection = await openConnection(t, app.url);
  connection.write(rawPost(JSON.stringify(delivery())).repeat(50));
  assert.deepEqual(new Set((await connection.responses(50)).map(({ status }) => status)), new Set([200]));
  assert.deepEqual(storedIds(app.databasePath), ["m1"]);

  const { body } = await app.request("/metrics");
  assert.equal(sampleOf(body, "webhook_batch_messages_sum"), 50);
  assert.ok(sampleOf(body, "webhook_batch_messages_count") < 10, "pipelined requests share commits");
  assert.equal(sampleOf(body, 'webhook_requests_total\\{result="created"\\}'), 1);
  assert.equal(sampleOf(body, 'webhook_requests_total\\{result="duplicate"\\}'), 49);
});

test("if repeats differ, the first one stored stays and all others are conflicts", async (t) => {
  const app = await startTestApp(t);
  await Promise.all(Array.from({ length: 50 }, (_, index) => app.deliver(delivery({ text: `text ${index}` }))));
  const lines = await app.requestLines(50);
  assert.equal(lines.filter((line) => line["result"] === "created").length, 1);
  assert.equal(lines.filter((line) => line["conflict"] === true).length, 49);
  assert.deepEqual(storedIds(app.databasePath), ["m1"]);
});
