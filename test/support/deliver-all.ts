import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { change, element, notification } from "../senders/notification.ts";
import { delivery, type TestApp } from "./app.ts";
import { openConnection, rawPost } from "./connection.ts";

/** Below the number of requests that may wait for their responses on a connection. */
const AT_ONCE = 100;

/**
 * Delivers many messages in this order, each with the usual fields and these. On one connection they take far less time than with
 * a connection for each.
 */
export async function deliverAll(t: TestContext, { url }: TestApp, messages: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  const { responses, socket } = await openConnection(t, url);
  for (let sent = 0; sent < messages.length; sent += AT_ONCE) {
    const requests = messages.slice(sent, sent + AT_ONCE).map((fields) => rawPost(JSON.stringify(delivery(fields))));
    socket.write(requests.join(""));
    const statuses = (await responses(sent + requests.length)).slice(sent).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([200]));
  }
  socket.destroy();
}

/** Of one message. A delivery of 16 has almost the size that `MAX_BODY_BYTES` allows by default. */
const PAYLOAD = "x".repeat(250_000);
const IN_DELIVERY = 16;

/** Delivers this many messages from `+16505550142` whose payloads have 250,000 characters each. */
export async function deliverLarge(app: TestApp, count: number): Promise<void> {
  for (let first = 0; first < count; first += IN_DELIVERY) {
    const length = Math.min(IN_DELIVERY, count - first);
    const changes = Array.from({ length }, (_, index) => change([element({ id: `large${first + index}`, type: "image", image: { id: PAYLOAD } })]));
    assert.equal((await app.deliver(notification(changes))).status, 200);
  }
}
