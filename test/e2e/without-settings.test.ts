import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery } from "../support/app.ts";
import { sharedApp } from "../support/shared-app.ts";
import { postTwilio, SMS } from "../support/twilio.ts";

const shared = sharedApp();

test("without API_TOKEN no endpoint needs a token, and a token that is sent is ignored", async () => {
  const app = await shared();
  for (const headers of [{}, { Authorization: "Bearer x" }, { Authorization: "Basic x" }]) {
    assert.equal((await app.request("/messages", { headers })).status, 200);
  }
});

test("without WEBHOOK_VERIFY_TOKEN every handshake gets 403, and the response says that it must be set", async () => {
  const app = await shared();
  for (const query of ["", "?hub.mode=subscribe&hub.verify_token=&hub.challenge=1", "?hub.mode=subscribe&hub.verify_token=undefined&hub.challenge=1"]) {
    const response = await app.request(`/webhook${query}`);
    assert.equal(response.status, 403);
    assert.match(response.body, /WEBHOOK_VERIFY_TOKEN must be set/);
  }
});

test("without WEBHOOK_RATE_LIMIT nothing is limited", async () => {
  const app = await shared();
  const statuses = new Set<number>();
  for (let sent = 0; sent < 100; sent += 1) statuses.add((await app.request("/webhook", { method: "POST" })).status);
  assert.deepEqual(statuses, new Set([401]));
});

test("without a limit no response mentions one", async () => {
  const app = await shared();
  const { status, headers } = await app.deliver(delivery());
  assert.deepEqual([status, headers["ratelimit-policy"], headers["ratelimit"], headers["retry-after"]], [200, undefined, undefined, undefined]);
});

test("without its settings a correctly signed Twilio request gets 403", async () => {
  const app = await shared();
  const response = await postTwilio(app, SMS);
  assert.equal(response.status, 403);
  assert.match(response.body, /TWILIO_AUTH_TOKEN/);
});
