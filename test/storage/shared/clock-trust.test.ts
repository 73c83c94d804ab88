import assert from "node:assert/strict";
import { test } from "node:test";
import { createClockTrust, type ClockTrust } from "../../../src/storage/shared/clock-trust.ts";

const NOW_MS = Date.parse("2025-06-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Whether the wall clock is believed this many hours after the start, ahead by this many days. */
function believes(trust: ClockTrust, hours: number, daysAhead = 0): boolean {
  return trust.leapAt({ wallMs: NOW_MS + hours * HOUR_MS + daysAhead * DAY_MS, monotonicMs: 500 + hours * HOUR_MS }) === undefined;
}

function trustAfter(newestReceived: string | undefined): ClockTrust {
  return createClockTrust(newestReceived, { wallMs: NOW_MS, monotonicMs: 500 });
}

for (const [newest, isBelieved] of [
  [undefined, true],
  ["2025-05-29T00:00:00.000Z", true],
  ["2025-05-28T23:59:59.999Z", false],
  ["2025-05-28 23:59:59", false],
  ["2030-01-01T00:00:00.000Z", true],
  ["no time", true],
] as const) {
  test(`at a start ${isBelieved ? "the clock is believed" : "the clock is not believed"} if the newest message was received at ${newest}`, () => {
    assert.equal(believes(trustAfter(newest), 0), isBelieved);
  });
}

test("a clock that was ahead at the start is believed after a day at the speed of the monotonic clock", () => {
  const trust = trustAfter("2015-01-01T00:00:00.000Z");
  assert.deepEqual([0, 1, 23.9, 24, 24.1].map((hours) => believes(trust, hours)), [false, false, false, true, true]);
});

test("a leap while the service runs is in doubt for a day; another one begins the day again", () => {
  const trust = trustAfter(undefined);
  assert.deepEqual([believes(trust, 1), believes(trust, 2, 3), believes(trust, 3, 4)], [true, true, false]);
  assert.deepEqual([believes(trust, 20, 100), believes(trust, 28, 100), believes(trust, 44, 100)], [false, false, true]);
});

test("a clock that the operator confirms is believed at once, and its next leap is in doubt", () => {
  const trust = trustAfter("2015-01-01T00:00:00.000Z");
  assert.equal(believes(trust, 0), false);
  trust.confirm({ wallMs: NOW_MS, monotonicMs: 500 });
  assert.deepEqual([believes(trust, 1), believes(trust, 2, 4)], [true, false]);
});

test("small steps ahead add up to a leap", () => {
  const trust = trustAfter(undefined);
  assert.deepEqual([1, 2, 3, 4].map((days) => believes(trust, days, days)), [true, true, true, false]);
});

test("a clock that goes back is believed at once, and one that then goes where it was is in doubt", () => {
  const trust = trustAfter(undefined);
  assert.deepEqual([believes(trust, 1, 10), believes(trust, 2, 0), believes(trust, 3, -10), believes(trust, 4, 0)], [false, true, true, false]);
});
