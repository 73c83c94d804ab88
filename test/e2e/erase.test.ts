import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { change, element, notification } from "../senders/notification.ts";
import { delivery, startTestApp, type TestResponse, type TestApp } from "../support/app.ts";
import { deliverAll } from "../support/deliver-all.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";

const ENV = { API_TOKEN: "t" };
const HEADERS = { Authorization: "Bearer t" };
const ASHA = "+919876543210";
const shared = sharedApp({ env: ENV });

function start(t: TestContext): Promise<TestApp> {
  return startTestApp(t, { env: ENV });
}

function erase(app: TestApp, target: string, headers: Record<string, string> = HEADERS): Promise<TestResponse> {
  return app.request(target, { method: "DELETE", headers });
}

async function read(app: TestApp, target: string): Promise<unknown> {
  return (await app.request(target, { headers: HEADERS })).json;
}

const idsOf = (page: unknown): readonly unknown[] => listAt(page, "data").map((row) => at(row, "message_id"));

test("an erased message is gone from every read, and a later delivery of it is a repeat", async (t) => {
  const app = await start(t);
  for (const id of ["a", "b/1", "c"])
    assert.equal((await app.deliver(delivery({ message_id: id, text: `secretword ${id}` }))).status, 200);
  const response = await erase(app, "/messages/b%2F1");
  assert.deepEqual([response.status, response.body], [204, ""]);
  assert.equal((await erase(app, "/messages/b%2F1")).status, 404);

  for (const target of ["/messages", "/messages?q=secretword", `/messages?from=${ASHA}`, "/messages?to=%2B14155550100"]) {
    const page = await read(app, target);
    assert.deepEqual([idsOf(page), at(page, "total")], [["a", "c"], 2], target);
  }
  assert.equal((await app.request("/messages/b%2F1", { headers: HEADERS })).status, 404);
  const stats = await read(app, "/stats");
  assert.deepEqual([at(stats, "total_messages"), at(stats, "messages_per_sender")], [2, [{ from: ASHA, count: 2 }]]);
  assert.deepEqual(
    listAt(await read(app, "/stats/timeline"), "data").map((bucket) => at(bucket, "count")),
    [2],
  );

  const again = await app.deliver(delivery({ message_id: "b/1", text: "secretword b/1" }));
  assert.equal(again.status, 200);
  assert.equal(at(await read(app, "/stats"), "total_messages"), 2);
  const deliveries = (await app.requestLines(14)).filter(({ path }) => path === "/webhook");
  assert.deepEqual(
    deliveries.map(({ result }) => result),
    ["created", "created", "created", "duplicate"],
  );
});

test("erasing a sender erases all its messages and no others", async (t) => {
  const app = await shared();
  const [erased, other] = ["+41", "+42"];
  const ids = Array.from({ length: 300 }, (_, index) => `m${index}`);
  await deliverAll(t, app, ids.map((message_id, index) => ({ message_id, from: index % 3 === 0 ? other : erased })));
  const response = await erase(app, `/messages?from=${erased}`);
  assert.deepEqual([response.status, response.json], [200, { erased: 200 }]);
  assert.equal(at(await read(app, `/messages?from=${erased}`), "total"), 0);
  const counts = listAt(await read(app, "/stats"), "messages_per_sender").filter((row) => [erased, other].includes(String(at(row, "from"))));
  assert.deepEqual(counts, [{ from: other, count: 100 }]);
  assert.deepEqual((await erase(app, `/messages?from=${erased}`)).json, { erased: 0 });
  // The newest message was among them: the next one still gets a later position.
  await app.deliver(delivery({ message_id: "next", from: erased }));
  assert.equal(at(await read(app, "/messages/next"), "message_id"), "next");
});

test("the bytes of erased messages are overwritten in the database", { skip: ONLY_SQLITE }, async (t) => {
  const app = await start(t);
  const words = ["zebracrossing", "quicksilver"];
  await app.deliver(delivery({ message_id: "own", text: words[0] }));
  await app.deliver(notification([change([element({ id: "wamid.1", from: ASHA.slice(1), image: { id: words[1] } })])]));
  assert.deepEqual((await erase(app, `/messages?from=${ASHA}`)).json, { erased: 2 });
  await app.app.close();
  const bytes = readFileSync(app.databasePath).toString("latin1");
  for (const word of words) assert.ok(!bytes.includes(word), word);
});

test("erasing a message erases its payload", async () => {
  const app = await shared();
  await app.deliver(notification([change([element({ id: "wamid.1" })])]));
  assert.equal((await app.request("/messages/wamid%2E1/payload", { headers: HEADERS })).status, 200);
  assert.equal((await erase(app, "/messages/wamid%2E1")).status, 204);
  assert.equal((await app.request("/messages/wamid%2E1/payload", { headers: HEADERS })).status, 404);
});

for (const [name, target, types] of [
  ["no sender", "/messages", ["missing"]],
  ["an empty sender", "/messages?from=", ["missing"]],
  ["a filter that would be ignored", "/messages?from=%2B1&until=2025-01-01T00:00:00Z", ["extra_forbidden"]],
  ["only another parameter", "/messages?to=%2B1", ["missing", "extra_forbidden"]],
] as const) {
  test(`an erasure with ${name} is refused, and erases nothing`, async () => {
    const app = await shared();
    await app.deliver(delivery({ message_id: "kept", from: "+1" }));
    const before = at(await read(app, "/stats"), "total_messages");
    const response = await erase(app, target);
    assert.equal(response.status, 422);
    assert.deepEqual(
      listAt(response.json, "detail").map((error) => at(error, "type")),
      types,
    );
    assert.equal(at(await read(app, "/stats"), "total_messages"), before);
    assert.equal(at(await read(app, "/messages/kept"), "message_id"), "kept");
  });
}

test("erasing needs a configured API_TOKEN, and a request that carries it", async (t) => {
  const open = await startTestApp(t);
  await open.deliver(delivery());
  for (const target of ["/messages/m1", `/messages?from=${ASHA}`]) {
    const refused = await erase(open, target);
    assert.equal(refused.status, 403);
    assert.match(refused.body, /API_TOKEN/);
  }
  assert.equal((await open.request("/messages/m1")).status, 200);
  const app = await shared();
  await app.deliver(delivery({ message_id: "guarded" }));
  for (const target of ["/messages/guarded", `/messages?from=${ASHA}`]) assert.equal((await erase(app, target, {})).status, 401);
  assert.equal((await app.request("/messages/guarded", { headers: HEADERS })).status, 200);
});
