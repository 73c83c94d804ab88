import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { change, element, notification } from "../senders/notification.ts";
import { delivery, type TestApp } from "../support/app.ts";
import { sharedApp } from "../support/shared-app.ts";
import { postTwilio, SMS, TWILIO_ENV } from "../support/twilio.ts";

const IMAGE = element({ id: "wamid.A/1", type: "image", image: { id: "1003383421387256", caption: "Look" }, group_id: "Y2Fw" });
const VALUE = { ...change([]).value, contacts: [{ wa_id: "16505550142", profile: { name: "Asha \u2028" } }], messages: [IMAGE] };

const shared = sharedApp({ env: TWILIO_ENV });

/** The shared service has exactly the messages in `EXPECTED`. */
async function withMessages(): Promise<TestApp> {
  const app = await shared();
  await app.deliver(delivery({ message_id: "own" }));
  await app.deliver(notification([{ field: "messages", value: VALUE }]));
  await postTwilio(app, SMS);
  return app;
}

const EXPECTED = new Map<string, unknown>([
  ["own", null],
  ["wamid.A/1", JSON.parse(JSON.stringify(VALUE))],
  [SMS.MessageSid, SMS],
]);

function linesOf(text: string): readonly any[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

test("GET /messages/{message_id}/payload returns what the platform sent; a native message has no payload", async () => {
  const app = await withMessages();
  for (const [id, payload] of EXPECTED) {
    const response = await app.request(`/messages/${encodeURIComponent(id)}/payload`);
    assert.deepEqual([response.status, response.json], payload === null ? [404, { detail: "not found" }] : [200, payload], id);
  }
  assert.equal((await app.request("/messages/none/payload")).status, 404);
});

test("an export includes payloads only with payload=1", async () => {
  const app = await withMessages();
  const lines = linesOf((await app.request("/messages?format=ndjson&payload=1")).body);
  assert.deepEqual(
    new Map(lines.map(({ message_id, payload }) => [message_id, payload])),
    new Map([...EXPECTED].toSorted(([a], [b]) => order(lines, a) - order(lines, b))),
  );
  for (const query of ["format=ndjson", "format=ndjson&payload=0"]) {
    assert.ok(linesOf((await app.request(`/messages?${query}`)).body).every((line) => !("payload" in line)));
  }
  const [head = "", ...records] = (await app.request("/messages?format=csv&payload=1")).body.split("\r\n");
  assert.equal(head, "message_id,from,to,ts,text,created_at,payload");
  assert.ok(records.some((record) => record.startsWith("own,") && record.endsWith("Z,")));
  assert.ok(records.some((record) => record.includes('""image"":{""id"":""1003383421387256""')));
  assert.equal((await app.request("/messages?format=csv&payload=yes")).status, 422);
});

function order(lines: readonly any[], id: string): number {
  return lines.findIndex(({ message_id }) => message_id === id);
}

test("a tail includes payloads only with payload=1", async () => {
  const app = await withMessages();
  const [withPayload, without] = await Promise.all([tailOf(app, "/tail?after=0&payload=1"), tailOf(app, "/tail?after=0")]);
  assert.deepEqual(new Map(withPayload.map(({ message_id, payload }) => [message_id, payload])), EXPECTED);
  assert.ok(without.every((line) => !("payload" in line)));
  assert.equal((await app.request("/tail?payload=2")).status, 422);
});

async function tailOf(app: TestApp, target: string): Promise<readonly any[]> {
  const [response]: IncomingMessage[] = await once(get(`${app.url}${target}`, { agent: false }), "response");
  let text = "";
  for await (const chunk of response?.setEncoding("utf8") ?? []) {
    text += chunk;
    if (linesOf(text.slice(0, text.lastIndexOf("\n") + 1)).length === EXPECTED.size) break;
  }
  return linesOf(text);
}
