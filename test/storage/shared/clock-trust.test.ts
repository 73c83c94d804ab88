import assert from "node:assert/strict";
import { test } from "node:test";
import { createClockTrust, type ClockTrust } from "../../../src/storage/shared/clock-trust.ts";

const NOW_MS = Date.parse("2025-06-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Whether the wall clock is trusted this many hours after the start, if it is ahead by this many days. */
function trusts(trust: ClockTrust, hours: number, daysAhead = 0): boolean {
  return trust.jumpAt({ wallMs: NOW_MS + hours * HOUR_MS + daysAhead * DAY_MS, monotonicMs: 500 + hours * HOUR_MS }) === undefined;
}

function trustAfter(newestReceived: string | undefined): ClockTrust {
  return createClockTrust(newestReceived, { wallMs: NOW_MS, monotonicMs: 500 });
}

for (const [newest, isTrusted] of [
  [undefined, true],
  ["2025-05-29T00:00:00.000Z", true],
  ["2025-05-28T23:59:59.999Z", false],
  ["2025-05-28 23:59:59", false],
  ["2030-01-01T00:00:00.000Z", true],
  ["no time", true],
] as const) {
  test(`at a start the clock is ${isTrusted ? "trusted" : "not trusted"} if the newest message was received at ${newest}`, () => {
    assert.equal(trusts(trustAfter(newest), 0), isTrusted);
  });
}

test("a clock that was ahead at the start is trusted after a day at the speed of the monotonic clock", () => {
  const trust = trustAfter("2015-01-01T00:00:00.000Z");
  assert.deepEqual([0, 1, 23.9, 24, 24.1].map((hours) => trusts(trust, hours)), [false, false, false, true, true]);
});

test("after a jump while the service runs the clock is not trusted for a day; another jump starts the day again", () => {
  const trust = trustAfter(undefined);
  assert.deepEqual([trusts(trust, 1), trusts(trust, 2, 3), trusts(trust, 3, 4)], [true, true, false]);
  assert.deepEqual([trusts(trust, 20, 100), trusts(trust, 28, 100), trusts(trust, 44, 100)], [false, false, true]);
});

test("a clock that the operator confirms is trusted at once, until its next jump", () => {
  const trust = trustAfter("2015-01-01T00:00:00.000Z");
  assert.equal(trusts(trust, 0), false);
  trust.confirm({ wallMs: NOW_MS, monotonicMs: 500 });
  assert.deepEqual([trusts(trust, 1), trusts(trust, 2, 4)], [true, false]);
});

test("small steps ahead add up to a jump", () => {
  const trust = trustAfter(undefined);
  assert.deepEqual([1, 2, 3, 4].map((days) => trusts(trust, days, days)), [true, true, true, false]);
});

test("a clock that is set back is trusted at once, and not trusted if it then jumps forward again", () => {
  const trust = trustAfter(undefined);
  assert.deepEqual([trusts(trust, 1, 10), trusts(trust, 2, 0), trusts(trust, 3, -10), trusts(trust, 4, 0)], [false, true, true, false]);
});
