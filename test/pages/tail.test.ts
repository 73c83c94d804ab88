import assert from "node:assert/strict";
import { test } from "node:test";
import { createTail } from "../../src/pages/browser/tail.ts";

const EVENT_STREAM = { "Content-Type": "text/event-stream" };

/** Runs a tail that gets these responses in order, and returns its requests and events. */
async function follow(responses: readonly Response[]): Promise<readonly string[]> {
  const events: string[] = [];
  const { promise: done, resolve: end } = Promise.withResolvers<undefined>();
  const left = [...responses];
  const tail = createTail({
    api: {
      async open(_path, headers) {
        const response = left.shift();
        events.push(`request from ${headers["Last-Event-ID"] ?? "now"}`);
        if (response !== undefined) return response;
        end(undefined);
        return Promise.reject(new Error("no more"));
      },
    },
    onMessages: (messages) => events.push(...messages.map(({ seq }) => `message ${seq}`)),
    onState(state) {
      if (state === "live") events.push(state);
      if (state === "waiting") setImmediate(() => tail.wake());
    },
    onGap: () => events.push("gap"),
    onReset: () => events.push("reset"),
    onUnauthorized: () => events.push("unauthorized"),
  });
  tail.start();
  await done;
  tail.stop();
  return events;
}

test("if the service has returned to before the position, the tail drops it and resets once the stream is open", async () => {
  const events = await follow([
    new Response('id: 5\n\nid: 6\ndata: {"seq":6}\n\n', { headers: { ...EVENT_STREAM, "Tail-Generation": "a" } }),
    new Response(null, { status: 409, headers: { "Tail-After": "3", "Tail-Generation": "b" } }),
    new Response("id: 4\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "b" } }),
  ]);
  assert.deepEqual(events, ["request from now", "live", "message 6", "request from 6", "request from now", "live", "reset", "request from 4"]);
});

test("a stream of another generation causes a reset, even without a refusal", async () => {
  const events = await follow([
    new Response(null, { status: 503 }),
    new Response(": beat\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "a" } }),
    new Response("id: 4\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "b" } }),
    new Response("id: 4\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "b" } }),
  ]);
  assert.deepEqual(events.filter((word) => !word.startsWith("request")), ["live", "live", "reset", "live"]);
});
