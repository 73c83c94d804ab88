import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, createBackoff, retryAfterMs } from "../../src/cli/backoff.ts";

test("concurrent pauses share one wait", async () => {
  const waits: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const backoff = createBackoff({
    wait: (ms) => {
      waits.push(ms);
      return promise;
    },
    limitMs: 1000,
  });
  const pauses = [backoff.pause("1"), backoff.pause("5"), backoff.pause(undefined)];
  resolve();
  assert.deepEqual(await Promise.all(pauses), [true, true, true]);
  assert.deepEqual(waits, [1000]);
  assert.equal(await backoff.pause("1"), false);
});

test("a success resets the time limit", async () => {
  const backoff = createBackoff({ wait: async () => {}, limitMs: 1000 });
  assert.equal(await backoff.pause("1"), true);
  backoff.succeeded();
  assert.equal(await backoff.pause("1"), true);
  assert.equal(await backoff.pause("1"), false);
});

test("the wait doubles up to 30 s, and up to half of it is randomly left out", () => {
  assert.deepEqual([0, 1, 5, 6, 2000].map((failures) => backoffMs(failures, 1)), [500, 1000, 16_000, 30_000, 30_000]);
  assert.equal(backoffMs(0, 0), 250);
});

const NOW_MS = Date.parse("2025-01-15T10:00:00Z");
const VALUES: readonly (readonly [value: string | undefined, ms: number | undefined])[] = [
  [undefined, undefined],
  ["", undefined],
  ["soon", undefined],
  ["0", 0],
  ["120", 120_000],
  ["3601", 3_600_000],
  ["99999999999999999999", 3_600_000],
  ["Wed, 15 Jan 2025 10:00:30 GMT", 30_000],
  ["Wed, 15 Jan 2025 09:00:00 GMT", 0],
];
for (const [value, ms] of VALUES) {
  test(`Retry-After: ${value} is ${ms} ms`, () => assert.equal(retryAfterMs(value, NOW_MS), ms));
}
