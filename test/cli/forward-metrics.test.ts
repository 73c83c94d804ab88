import assert from "node:assert/strict";
import { test } from "node:test";
import { describeForward, exposeForward, serveForwardMetrics } from "../../src/cli/forward-metrics.ts";
import { atEnd } from "../support/cleanup.ts";
import { parseExposition } from "../telemetry/exposition-parser.ts";

test("forward serves its metrics as Prometheus text, only at /metrics", async (t) => {
  const state = { delivered: 5, failedAttempts: 2, deadLetters: 1, waiting: 3, after: 40 };
  const server = await serveForwardMetrics(0, () => state);
  atEnd(t, () => void server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const response = await fetch(`http://127.0.0.1:${address.port}/metrics`);
  assert.equal(await response.text(), exposeForward(state));
  assert.equal((await fetch(`http://127.0.0.1:${address.port}/`)).status, 404);
  assert.deepEqual(Object.fromEntries(parseExposition(exposeForward(state)).samples), {
    'webhook_forward_messages_total{result="delivered"}': 5,
    'webhook_forward_messages_total{result="dead_letter"}': 1,
    webhook_forward_failed_attempts_total: 2,
    webhook_forward_waiting_messages: 3,
    webhook_forward_position: 40,
  });
  assert.match(describeForward(state), /forwarded 5, .*position 40$/);
});
