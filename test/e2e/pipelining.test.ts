import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestApp } from "../support/app.ts";
import { openConnection } from "../support/connection.ts";

test("a connection that sends hundreds of requests at once is answered 256 times, then 503, and closed", async (t) => {
  const app = await startTestApp(t);
  const connection = await openConnection(t, app.url);
  connection.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".repeat(600));
  const statuses = (await connection.untilClosed()).map(({ status }) => status);
  assert.equal(statuses.at(-1), 503);
  assert.ok(statuses.length <= 257, `${statuses.length} answers`);
  assert.deepEqual(new Set(statuses.slice(0, -1)), new Set([200]));
  assert.equal((await app.request("/health/live")).status, 200);
});
