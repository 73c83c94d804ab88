import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { delivery, send, sign } from "../support/app.ts";
import { atEnd } from "../support/cleanup.ts";
import { openConnection, rawPost } from "../support/connection.ts";
import { storedIds } from "../support/database.ts";
import { sharedApp } from "../support/shared-app.ts";
import { repetitions } from "../support/sweep.ts";

const shared = sharedApp();

function sampleOf(text: string, series: string): number {
  return Number(new RegExp(`^${series} (\\S+)$`, "m").exec(text)?.[1]);
}

test("repeats sent at once over many connections all get 200, and each message is stored once", async (t) => {
  const app = await shared();
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  atEnd(t, () => agent.destroy());
  const rounds = repetitions(t, { full: 40, short: 10 });
  const bodies = Array.from({ length: 10 * rounds }, (_, index) => JSON.stringify(delivery({ message_id: `m${index % 10}` })));
  const responses = await Promise.all(
    bodies.map((body) => send(app.url, "/webhook", { method: "POST", body, headers: { "X-Signature": sign(body) }, agent })),
  );
  assert.deepEqual(new Set(responses.map(({ status, body }) => `${status} ${body}`)), new Set(['200 {"status":"ok"}']));
  assert.deepEqual(storedIds(app.databasePath).filter((id) => id.startsWith("m")).toSorted(), Array.from({ length: 10 }, (_, index) => `m${index}`));

  const results = (await app.requestLines(bodies.length)).map((line) => `${line["message_id"]} ${line["result"]}`);
  for (let index = 0; index < 10; index += 1) {
    assert.equal(results.filter((result) => result === `m${index} created`).length, 1);
    assert.equal(results.filter((result) => result === `m${index} duplicate`).length, rounds - 1);
  }
});

test("repeats in one batch are stored once", async (t) => {
  const app = await shared();
  const before = (await app.request("/metrics")).body;
  const connection = await openConnection(t, app.url);
  connection.write(rawPost(JSON.stringify(delivery({ message_id: "batch" }))).repeat(50));
  assert.deepEqual(new Set((await connection.responses(50)).map(({ status }) => status)), new Set([200]));
  assert.deepEqual(storedIds(app.databasePath).filter((id) => id === "batch"), ["batch"]);

  const { body } = await app.request("/metrics");
  const grown = (series: string): number => sampleOf(body, series) - sampleOf(before, series);
  assert.equal(grown("webhook_batch_messages_sum"), 50);
  assert.ok(grown("webhook_batch_messages_count") < 10, "pipelined requests share commits");
  assert.equal(grown('webhook_requests_total\\{result="created"\\}'), 1);
  assert.equal(grown('webhook_requests_total\\{result="duplicate"\\}'), 49);
});

test("if repeats differ, the first one stored stays and all others are conflicts", async () => {
  const app = await shared();
  await Promise.all(Array.from({ length: 50 }, (_, index) => app.deliver(delivery({ message_id: "differs", text: `text ${index}` }))));
  const lines = await app.requestLines(50);
  assert.equal(lines.filter((line) => line["result"] === "created").length, 1);
  assert.equal(lines.filter((line) => line["conflict"] === true).length, 49);
  assert.deepEqual(storedIds(app.databasePath).filter((id) => id === "differs"), ["differs"]);
});
