import assert from "node:assert/strict";
import { test } from "node:test";
import { createRateLimit } from "../../src/http/rate-limit.ts";

function limit(perMinute: number): { readonly ask: (address?: string) => number; advance(ms: number): void } {
  let now = 1_000_000;
  const rateLimit = createRateLimit(perMinute, { nowMs: () => now });
  return {
    /** 0 where it is admitted, else the seconds to wait. */
    ask(address = "a") {
      const admission = rateLimit(() => address);
      return admission.ok ? 0 : admission.retryAfterSeconds;
    },
    advance(ms) {
      now += ms;
    },
  };
}

for (const [perMinute, waitSeconds] of [[1, 60], [2, 30], [7, 9], [60, 1], [10_000, 1]] as const) {
  test(`${perMinute} a minute: this many at once, then one after ${waitSeconds} s`, () => {
    const { ask, advance } = limit(perMinute);
    for (let index = 0; index < perMinute; index += 1) assert.equal(ask(), 0, String(index));
    assert.equal(ask(), waitSeconds);
    advance(waitSeconds * 1000);
    assert.equal(ask(), 0);
  });
}

test("the allowance is whole again after a minute, and no larger after an hour", () => {
  for (const pauseMs of [60_000, 3_600_000]) {
    const { ask, advance } = limit(3);
    for (let index = 0; index < 5; index += 1) ask();
    advance(pauseMs);
    assert.deepEqual([ask(), ask(), ask(), ask() > 0], [0, 0, 0, true]);
  }
});

test("a refused request costs nothing", () => {
  const { ask, advance } = limit(1);
  ask();
  for (let index = 0; index < 100; index += 1) assert.equal(ask(), 60);
  advance(60_000);
  assert.equal(ask(), 0);
});

test("a clock that is set back does not shut anyone out for longer than a minute", () => {
  const { ask, advance } = limit(1);
  assert.equal(ask(), 0);
  advance(-86_400_000);
  assert.equal(ask(), 0);
  assert.equal(ask(), 60);
});

test("each address has its own allowance; 50,000 of them are remembered, the longest silent forgotten first", () => {
  const { ask } = limit(1);
  for (let index = 0; index < 50_000; index += 1) assert.equal(ask(`a${index}`), 0);
  assert.equal(ask("a0"), 60);
  assert.equal(ask("new"), 0);
  assert.equal(ask("a0"), 0);
  assert.equal(ask("a49999"), 60);
});

test("0 means no limit", () => {
  const { ask } = limit(0);
  for (let index = 0; index < 1000; index += 1) assert.equal(ask(), 0);
});
