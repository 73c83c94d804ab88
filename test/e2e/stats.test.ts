import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp } from "../support/app.ts";
import { deliverAll } from "../support/deliver-all.ts";

test("GET /stats of an empty inbox returns zeros and nulls", async (t) => {
  const app = await startTestApp(t);
  assert.equal(
    (await app.request("/stats")).body,
    '{"total_messages":0,"senders_count":0,"messages_per_sender":[],"first_message_ts":null,"last_message_ts":null}',
  );
});

test("GET /stats returns the ten largest senders, by count and then by number, and the first and the last ts", async (t) => {
  const app = await startTestApp(t);
  // Sender +1 sends 1 message, …, +9 sends 9; +10 to +12 send 5 each.
  const counts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 5, 5, 5];
  const messages = counts.flatMap((count, sender) =>
    Array.from({ length: count }, (_, index) => delivery({ message_id: `${sender}-${index}`, from: `+${sender + 1}` })),
  );
  messages.push(
    delivery({ message_id: "first", from: "+9", ts: "2025-01-15T15:29:59+05:30" }),
    delivery({ message_id: "last", from: "+9", ts: "2025-01-15T10:00:00.5Z" }),
  );
  await deliverAll(t, app, messages);
  await app.deliver(delivery({ message_id: "first" }));
  const { json } = await app.request("/stats");
  assert.deepEqual(json, {
    total_messages: 62,
    senders_count: 12,
    messages_per_sender: [
      { from: "+9", count: 11 },
      { from: "+8", count: 8 },
      { from: "+7", count: 7 },
      { from: "+6", count: 6 },
      { from: "+10", count: 5 },
      { from: "+11", count: 5 },
      { from: "+12", count: 5 },
      { from: "+5", count: 5 },
      { from: "+4", count: 4 },
      { from: "+3", count: 3 },
    ],
    first_message_ts: "2025-01-15T09:59:59Z",
    last_message_ts: "2025-01-15T10:00:00.5Z",
  });
});
