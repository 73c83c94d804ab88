import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { change, element, notification } from "../senders/notification.ts";
import { delivery, startTestApp } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { at, listAt } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN } from "../support/sweep.ts";
import { parseExposition } from "../telemetry/exposition-parser.ts";

const EXAMPLES = readFileSync(new URL("../senders/fixtures/whatsapp-examples.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line): unknown => JSON.parse(line));

const shared = sharedApp();

test("every example is stored as the expected messages, once, however often it is sent", async () => {
  const app = await shared();
  const before = new Set(storedIds(app.databasePath));
  for (const _ of [1, 2]) {
    for (const example of EXAMPLES) {
      const response = await app.deliver(JSON.stringify(at(example, "payload")));
      assert.deepEqual([response.status, response.body], [200, '{"status":"ok"}'], String(at(example, "name")));
    }
  }
  const rows = EXAMPLES.flatMap((example) => listAt(example, "mapping"));
  const byId = (row: unknown): string => String(at(row, "message_id"));
  const stored = listAt((await app.request("/messages?limit=100")).json, "data").filter((row) => !before.has(byId(row)));
  assert.deepEqual(
    stored.map(withoutReceipt).toSorted((a, b) => (byId(a) < byId(b) ? -1 : 1)),
    rows.toSorted((a, b) => (byId(a) < byId(b) ? -1 : 1)),
  );
});

test("the log line and the metrics of a notification report its outcome", async () => {
  const app = await shared();
  const counts = async (): Promise<readonly number[]> => {
    const { samples } = parseExposition((await app.request("/metrics")).body);
    const messages = ["created", "duplicate", "conflict", "ignored"].map((result) => `webhook_messages_total{format="whatsapp",result="${result}"}`);
    return [...messages, "webhook_conflicts_total"].map((series) => samples.get(series) ?? NaN);
  };
  const before = await counts();
  const status = { field: "messages", value: { metadata: {}, statuses: [{ id: "wamid.S", status: "read" }] } };
  const one = element({ id: "wamid.1" });
  const bodies = [
    notification([change([one]), status]),
    notification([change([one, element({ id: "wamid.2" }), element({ id: "wamid.2" })])]),
    notification([change([element({ id: "wamid.1", text: { body: "Other" } })])]),
    notification([status]),
    notification([change([element({ timestamp: undefined })])]),
  ];
  for (const body of bodies) assert.equal((await app.deliver(body)).status, 200);

  const lines = (await app.requestLines(bodies.length + 1)).slice(1);
  const shown = lines.map(({ level, format, message_id, result, dup, conflict, messages, created, duplicates, ignored }) => [
    level,
    format,
    message_id,
    result,
    dup,
    conflict,
    messages,
    created,
    duplicates,
    ignored,
  ]);
  assert.deepEqual(shown, [
    ["INFO", "whatsapp", "wamid.1", "created", false, undefined, 1, 1, 0, 1],
    ["INFO", "whatsapp", undefined, "created", false, undefined, 3, 1, 2, 0],
    ["INFO", "whatsapp", "wamid.1", "duplicate", true, true, 1, 0, 1, 0],
    ["INFO", "whatsapp", undefined, "duplicate", true, undefined, 0, 0, 0, 1],
    ["WARNING", "whatsapp", undefined, "duplicate", true, undefined, 0, 0, 0, 1],
  ]);
  assert.equal(listAt(lines[4], "warnings").length, 1);
  assert.doesNotMatch(app.rawLog(), /Hello|Other/);

  const after = await counts();
  assert.deepEqual(after.map((count, index) => count - (before[index] ?? NaN)), [2, 2, 1, 3, 1]);
});

test("a thousand messages in one notification are stored", ONLY_IN_FULL_RUN, async (t) => {
  const app = await startTestApp(t);
  const elements = Array.from({ length: 1000 }, (_, index) => element({ id: `wamid.${index}`, from: String(16505550000 + index) }));
  assert.equal((await app.deliver(notification([change(elements)]))).status, 200);
  assert.equal(at((await app.request("/stats")).json, "total_messages"), 1000);
});

test("a notification whose messages cannot be stored gets 503, and one without messages gets 200", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t, { maxPageCount: 30 });
  for (let index = 0; (await app.deliver(delivery({ message_id: `fill-${index}`, text: "x".repeat(4096) }))).status === 200; index++);
  const response = await app.deliver(notification([change([element({ id: "wamid.1", text: { body: "y".repeat(4096) } })])]));
  assert.equal(response.status, 503);
  assert.equal((await app.deliver(notification([]))).status, 200);
});

test("a notification with an invalid signature gets 401", async () => {
  const app = await shared();
  const response = await app.deliver(notification([change([element({})])]), { "X-Signature": "0".repeat(64) });
  assert.equal(response.status, 401);
});

function withoutReceipt(row: unknown): unknown {
  return Object.fromEntries(Object.entries(Object(row)).filter(([name]) => name !== "created_at"));
}
