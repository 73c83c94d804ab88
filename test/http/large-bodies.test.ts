import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { Handler } from "../../src/http/message.ts";
import { json, refuse } from "../../src/http/respond.ts";
import { openConnection } from "../support/connection.ts";
import { startTestServer } from "../support/http.ts";

const SIZE = 16 * 1024 * 1024;
/** A body is paused once 64 KB of it are read; Node.js reads at most two more chunks of that size before it stops. */
const MOST_PER_ITERATION = 192 * 1024;

const readBody: Handler = async (request) => {
  const body = await request.readBody();
  return body.ok ? json(body.value.length) : refuse(body.error);
};
const refuseUnread: Handler = () => refuse({ code: "rate_limited", detail: "too many" });

const BODIES: readonly (readonly [title: string, handle: Handler, status: number])[] = [
  ["a body that is read", readBody, 200],
  ["a body that is discarded after its early refusal", refuseUnread, 429],
];

test("one event-loop iteration reads only a small part of a large body, so that other connections get their turn:", async (t) => {
  for (const [title, handle, status] of BODIES) {
    await t.test(title, async (t) => {
      const accepted: Socket[] = [];
      const onAccepted = (message: unknown): void => void accepted.push((message as { readonly socket: Socket }).socket);
      subscribe("net.server.socket", onAccepted);
      t.after(() => unsubscribe("net.server.socket", onAccepted));
      const server = await startTestServer(t, handle, { bodyLimitBytes: SIZE });
      const { socket, responses } = await openConnection(t, server.url);
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${SIZE}\r\n\r\n${"x".repeat(SIZE)}`);

      let most = 0;
      let before = 0;
      const [read] = accepted;
      while (before < SIZE) {
        await new Promise(setImmediate);
        const bytes = read?.bytesRead ?? 0;
        most = Math.max(most, bytes - before);
        before = bytes;
      }
      assert.ok(most <= MOST_PER_ITERATION, `${most} bytes in one iteration`);
      assert.deepEqual((await responses(1)).map((response) => response.status), [status]);
    });
  }
});
