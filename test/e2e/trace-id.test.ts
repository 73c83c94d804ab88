import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp } from "../support/app.ts";

test("the log line of a request has the trace_id of a valid traceparent, and none for an invalid one", async (t) => {
  const app = await startTestApp(t);
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
  await app.deliver(delivery(), { traceparent });
  await app.request("/nope", { headers: { traceparent } });
  await app.request("/stats", { headers: { traceparent: [traceparent, traceparent] } });
  await app.request("/stats", { headers: { traceparent: traceparent.toUpperCase() } });
  const lines = await app.requestLines(4);
  assert.deepEqual(lines.map((line) => line["trace_id"]), [trace, trace, undefined, undefined]);
});
