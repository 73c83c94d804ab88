import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp } from "../support/app.ts";
import { runMain } from "./main.ts";
import { startFixedStub } from "./stub-server.ts";

test("erase removes a message or a sender from the service", async (t) => {
  const app = await startTestApp(t, { env: { API_TOKEN: "t" } });
  for (const id of ["a/..", ".", "c"]) await app.deliver(delivery({ message_id: id }));
  const env = { API_TOKEN: "t", WEBHOOK_INBOX_URL: app.url };
  for (const id of ["a/..", "."])
    assert.deepEqual(await runMain(["erase", "--id", id], { env }), { status: 0, stdout: "1 erased\n", stderr: "" });
  assert.deepEqual(await runMain(["erase", "--from", "+919876543210"], { env }), { status: 0, stdout: "1 erased\n", stderr: "" });
  assert.deepEqual(await runMain(["erase", "--from", "+919876543210"], { env }), { status: 0, stdout: "0 erased\n", stderr: "" });
  const missing = await runMain(["erase", "--id", "c"], { env });
  assert.deepEqual([missing.status, missing.stdout], [1, ""]);
});

test("erase exits with 1 if the service refuses, with 69 if it is full or unreachable, and with 78 for an invalid setting", async (t) => {
  const cases: readonly (readonly [status: number, env: Record<string, string>])[] = [
    [1, { WEBHOOK_INBOX_URL: (await startFixedStub(t, 403, '{"detail":"x"}')).url }],
    [69, { WEBHOOK_INBOX_URL: (await startFixedStub(t, 503, '{"detail":"x"}')).url }],
    [69, { WEBHOOK_INBOX_URL: "http://127.0.0.1:1" }],
    [78, { WEBHOOK_INBOX_URL: "x" }],
  ];
  for (const [expected, env] of cases) {
    const { status, stdout, stderr } = await runMain(["erase", "--id", "a"], { env });
    assert.deepEqual([status, stdout, stderr.split("\n").length], [expected, "", 2]);
  }
});
