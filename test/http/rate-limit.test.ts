import assert from "node:assert/strict";
import { test } from "node:test";
import { createRateLimit } from "../../src/http/rate-limit.ts";

function limit(perMinute: number): { readonly request: (address?: string) => number; advance(ms: number): void } {
  let now = 1_000_000;
  const rateLimit = createRateLimit(perMinute, { nowMs: () => now });
  return {
    /** 0 if the request is admitted, otherwise the seconds to wait. */
    request(address = "a") {
      const admission = rateLimit(() => address);
      return admission.ok ? 0 : admission.retryAfterSeconds;
    },
    advance(ms) {
      now += ms;
    },
  };
}

for (const [perMinute, waitSeconds] of [[1, 60], [2, 30], [7, 9], [60, 1], [10_000, 1]] as const) {
  test(`a limit of ${perMinute} a minute admits ${perMinute} at once, then one after ${waitSeconds} s`, () => {
    const { request, advance } = limit(perMinute);
    for (let index = 0; index < perMinute; index += 1) assert.equal(request(), 0, String(index));
    assert.equal(request(), waitSeconds);
    advance(waitSeconds * 1000);
    assert.equal(request(), 0);
  });
}

test("the allowance is full again after a minute, and no larger after an hour", () => {
  for (const pauseMs of [60_000, 3_600_000]) {
    const { request, advance } = limit(3);
    for (let index = 0; index < 5; index += 1) request();
    advance(pauseMs);
    assert.deepEqual([request(), request(), request(), request() > 0], [0, 0, 0, true]);
  }
});

test("a refused request does not use up the allowance", () => {
  const { request, advance } = limit(1);
  request();
  for (let index = 0; index < 100; index += 1) assert.equal(request(), 60);
  advance(60_000);
  assert.equal(request(), 0);
});

test("a clock that is set back refuses nobody for longer than a minute", () => {
  const { request, advance } = limit(1);
  assert.equal(request(), 0);
  advance(-86_400_000);
  assert.equal(request(), 0);
  assert.equal(request(), 60);
});

test("each address has its own allowance; 50,000 are remembered, and the one unused for longest is forgotten first", () => {
  const { request } = limit(1);
  for (let index = 0; index < 50_000; index += 1) assert.equal(request(`a${index}`), 0);
  assert.equal(request("a0"), 60);
  assert.equal(request("new"), 0);
  assert.equal(request("a0"), 0);
  assert.equal(request("a49999"), 60);
});

test("0 means no limit", () => {
  const { request } = limit(0);
  for (let index = 0; index < 1000; index += 1) assert.equal(request(), 0);
});
