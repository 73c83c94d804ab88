import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, startTestApp, type TestApp } from "../support/app.ts";
import { exchangeRaw, openConnection, rawPost } from "../support/connection.ts";
import { at } from "../support/json.ts";
import { sharedApp } from "../support/shared-app.ts";
import { oneOfMany } from "../support/sweep.ts";

const BODY = JSON.stringify(delivery());

function manualClock(): { nowMs: () => number; advance(ms: number): void } {
  let now = Date.UTC(2025, 0, 15, 10, 0, 0);
  return {
    nowMs: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

const clock = manualClock();
const oneAMinute = sharedApp({ clock, env: { WEBHOOK_RATE_LIMIT: "1", MAX_BODY_BYTES: "1000" } });
const fiveAMinute = sharedApp({ clock, env: { WEBHOOK_RATE_LIMIT: "5", MAX_BODY_BYTES: "1000" } });

/** A service that admits one request of each client now. */
function admittingOne(): Promise<TestApp> {
  clock.advance(60_000);
  return oneAMinute();
}

/** A service that admits five requests of each client now. */
function admittingFive(): Promise<TestApp> {
  clock.advance(60_000);
  return fiveAMinute();
}

function limitHeaders(response: Awaited<ReturnType<TestApp["deliver"]>>): readonly unknown[] {
  const { "ratelimit-policy": policy, ratelimit, "retry-after": retryAfter } = response.headers;
  return [response.status, policy, ratelimit, retryAfter];
}

/** The statuses of unsigned deliveries, one after the other: 401 if the rate limit admits them. */
async function statuses(app: TestApp, count: number, headers: Record<string, string | string[]> = {}): Promise<readonly number[]> {
  const responses: number[] = [];
  while (responses.length < count) responses.push((await app.request("/webhook", { method: "POST", body: BODY, headers })).status);
  return responses;
}

test("requests beyond WEBHOOK_RATE_LIMIT a minute get 429 until the time in Retry-After", async () => {
  const app = await admittingFive();
  const body = JSON.stringify(delivery({ message_id: "limited" }));
  for (let sent = 0; sent < 5; sent += 1) assert.equal((await app.deliver(body)).status, 200);
  const refused = await app.deliver(body);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers["retry-after"], "12");
  assert.equal(typeof at(refused.json, "detail"), "string");

  clock.advance(11_000);
  assert.equal((await app.deliver(body)).headers["retry-after"], "1");
  clock.advance(1_000);
  assert.equal((await app.deliver(body)).status, 200);
  assert.equal((await app.deliver(body)).status, 429);
  const results = (await app.requestLines(9)).map((line) => line["result"]);
  assert.deepEqual(results, ["created", ...Array(4).fill("duplicate"), "rate_limited", "rate_limited", "duplicate", "rate_limited"]);
});

test("with a limit every response to a delivery, whatever its status, says how many requests are left", async () => {
  const app = await admittingFive();
  const policy = '"default";q=5;w=60';
  assert.deepEqual(limitHeaders(await app.deliver(delivery())), [200, policy, '"default";r=4;t=12', undefined]);
  assert.deepEqual(limitHeaders(await app.deliver(delivery())), [200, policy, '"default";r=3;t=12', undefined]);
  assert.deepEqual(limitHeaders(await app.deliver("{}")), [422, policy, '"default";r=2;t=12', undefined]);
  assert.deepEqual(limitHeaders(await app.deliver("x", { "X-Signature": "x" })), [401, policy, '"default";r=1;t=12', undefined]);
  assert.deepEqual(limitHeaders(await app.deliver("x".repeat(1001))), [413, policy, '"default";r=0;t=12', undefined]);
  assert.deepEqual(limitHeaders(await app.deliver(delivery())), [429, policy, '"default";r=0;t=12', "12"]);
  assert.deepEqual(limitHeaders(await app.request("/stats")), [200, undefined, undefined, undefined]);
  assert.deepEqual(limitHeaders(await app.request("/webhook")), [403, undefined, undefined, undefined]);
});

test("429 is sent before the body is read, so it comes before 413 and 401", async (t) => {
  const app = await admittingOne();
  assert.equal((await app.deliver("x")).status, 422);
  assert.equal((await app.deliver("x".repeat(1001))).status, 429);
  assert.equal((await app.request("/webhook", { method: "POST" })).status, 429);

  const connection = await openConnection(t, app.url);
  connection.write(rawPost("", { length: 10 }));
  assert.equal((await connection.responses(1))[0]?.status, 429);
  const expecting = await exchangeRaw(t, app.url, rawPost("", { length: 10, headers: ["Expect: 100-continue"] }));
  assert.deepEqual(expecting.map(({ status }) => status), [429]);
});

test("only POST /webhook is limited", async () => {
  const app = await admittingOne();
  assert.deepEqual(await statuses(app, 2), [401, 429]);
  for (const path of ["/messages", "/stats", "/health/live", "/metrics"]) assert.equal((await app.request(path)).status, 200, path);
  assert.equal((await app.request("/webhook")).status, 403);
  assert.deepEqual(await statuses(app, 1), [429]);
});

test("without a trusted proxy, X-Forwarded-For and similar headers are ignored", async () => {
  const app = await admittingOne();
  assert.equal((await app.deliver(delivery())).status, 200);
  for (const name of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP"]) {
    assert.equal((await app.deliver(delivery(), { [name]: "192.0.2.7" })).status, 429, name);
  }
});

/** By `TRUSTED_PROXIES`: whether two requests with these headers count against one allowance. */
const PROXIES: Readonly<Record<string, readonly (readonly [string | string[] | undefined, string | string[] | undefined, "one" | "two"])[]>> = {
  "0": [["1.1.1.1", "2.2.2.2", "one"]],
  "1": [
    ["1.1.1.1", "2.2.2.2", "two"],
    ["9.9.9.9, 3.3.3.3", "8.8.8.8, 3.3.3.3", "one"],
    ["1.1.1.1, 4.4.4.4", "1.1.1.1, 5.5.5.5", "two"],
    [["9.9.9.9", "6.6.6.6"], "8.8.8.8,6.6.6.6", "one"],
    [undefined, "127.0.0.1", "one"],
  ],
  "2": [
    ["1.1.1.1, 9.9.9.9", "1.1.1.1, 8.8.8.8", "one"],
    ["7.7.7.7, 2.2.2.2, 9.9.9.9", "6.6.6.6, 2.2.2.2, 8.8.8.8", "one"],
    ["3.3.3.3, 9.9.9.9", "4.4.4.4, 9.9.9.9", "two"],
    // With fewer addresses than proxies the leftmost one counts.
    ["5.5.5.5", "6.6.6.6", "two"],
  ],
};

for (const [index, [trusted, rows]] of Object.entries(PROXIES).entries()) {
  test(`TRUSTED_PROXIES=${trusted} decides which address of X-Forwarded-For is limited`, { skip: oneOfMany(index, { every: 3 }) }, async (t) => {
    const env = { WEBHOOK_RATE_LIMIT: "1", TRUSTED_PROXIES: trusted };
    const app = trusted === "0" ? await admittingOne() : await startTestApp(t, { clock, env });
    for (const [first, second, allowances] of rows) {
      const header = (value: string | string[] | undefined): Record<string, string | string[]> => (value === undefined ? {} : { "X-Forwarded-For": value });
      assert.deepEqual(await statuses(app, 1, header(first)), [401], String(first));
      assert.deepEqual(await statuses(app, 1, header(second)), [allowances === "one" ? 429 : 401], String(second));
    }
  });
}
