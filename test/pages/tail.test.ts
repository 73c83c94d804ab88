import assert from "node:assert/strict";
import { test } from "node:test";
import { createTail } from "../../src/pages/browser/tail.ts";

const EVENT_STREAM = { "Content-Type": "text/event-stream" };

/** A tail that meets these responses, one after the other, and what it asked and told. */
async function follow(responses: readonly Response[]): Promise<readonly string[]> {
  const told: string[] = [];
  const { promise: done, resolve: end } = Promise.withResolvers<undefined>();
  const left = [...responses];
  const tail = createTail({
    api: {
      async open(_path, headers) {
        const response = left.shift();
        told.push(`asks from ${headers["Last-Event-ID"] ?? "now"}`);
        if (response !== undefined) return response;
        end(undefined);
        return Promise.reject(new Error("no more"));
      },
    },
    onMessages: (messages) => told.push(...messages.map(({ seq }) => `message ${seq}`)),
    onState(state) {
      if (state === "live") told.push(state);
      if (state === "waiting") setImmediate(() => tail.wake());
    },
    onGap: () => told.push("gap"),
    onReset: () => told.push("reset"),
    onUnauthorized: () => told.push("unauthorized"),
  });
  tail.start();
  await done;
  tail.stop();
  return told;
}

test("a position that the service has gone back behind is given up: all is asked for again once the stream is open", async () => {
  const told = await follow([
    new Response('id: 5\n\nid: 6\ndata: {"seq":6}\n\n', { headers: { ...EVENT_STREAM, "Tail-Generation": "a" } }),
    new Response(null, { status: 409, headers: { "Tail-After": "3", "Tail-Generation": "b" } }),
    new Response("id: 4\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "b" } }),
  ]);
  assert.deepEqual(told, ["asks from now", "live", "message 6", "asks from 6", "asks from now", "live", "reset", "asks from 4"]);
});

test("a stream of another generation than the last one is taken for what it is, even without a refusal", async () => {
  const told = await follow([
    new Response(null, { status: 503 }),
    new Response(": beat\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "a" } }),
    new Response("id: 4\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "b" } }),
    new Response("id: 4\n\n", { headers: { ...EVENT_STREAM, "Tail-Generation": "b" } }),
  ]);
  assert.deepEqual(told.filter((word) => !word.startsWith("asks")), ["live", "live", "reset", "live"]);
});
