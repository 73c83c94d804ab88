import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { RetentionFailure, RetentionSuspension } from "../../../src/core/store.ts";
import { isReceivedBefore, startRetention, type OldMessages } from "../../../src/storage/shared/retention.ts";

const NOW_MS = Date.parse("2025-03-01T00:00:00Z");
const DAY_MS = 86_400_000;

interface Runs {
  readonly told: { readonly messages: number; readonly before: string }[];
  readonly suspended: readonly RetentionSuspension[];
  readonly failed: readonly RetentionFailure[];
  /** Before which `seq` it was looked for a message that proves the clock. */
  readonly lookedBack: readonly number[];
  /** After which `seq` it was looked, each time. */
  asked(): readonly number[];
  /** Both clocks continue. */
  pass(ms: number): void;
  /** Lets the transactions that are due, and those due after them, continue. */
  goOn(transactions: number): Promise<void>;
  confirmClock(): void;
  stop(): void;
}

type Step = Error | readonly [messages: number, next?: number];

/**
 * Retention of 30 days over an engine that removes these numbers of messages; a step without a place is at the newest message, one that
 * is an error fails.
 */
function runsOf(t: TestContext, steps: readonly Step[], { isAhead = false, stepMs = 0 } = {}): Runs {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const startMs = NOW_MS + (isAhead ? 3650 * DAY_MS : 0);
  let passedMs = 0;
  const asked: OldMessages[] = [];
  const lookedBack: number[] = [];
  const told: Runs["told"] = [];
  const suspended: RetentionSuspension[] = [];
  const failed: RetentionFailure[] = [];
  const { stop, confirmClock } = startRetention(
    {
      async removeOld(which) {
        const step = steps[asked.length] ?? [0];
        asked.push(which);
        passedMs += stepMs;
        if (step instanceof Error) throw step;
        const [messages, next] = step;
        return { messages, next };
      },
      async lookBack({ beforeMs, before }) {
        lookedBack.push(before);
        const isLate = beforeMs === startMs - DAY_MS && before === 500;
        return { receivedAt: isLate ? new Date(NOW_MS - DAY_MS).toISOString() : undefined, next: 500 };
      },
    },
    {
      days: 30,
      clock: { nowMs: () => startMs + passedMs },
      monotonicMs: () => passedMs,
      onRemoved: () => {},
      onRunEnded: (run) => told.push(run),
      onSuspended: (suspension) => suspended.push(suspension),
      onFailed: (failure) => failed.push(failure),
    },
  );
  return {
    told,
    suspended,
    failed,
    lookedBack,
    asked: () => asked.map(({ after }) => after),
    stop,
    confirmClock,
    pass: (ms) => void (passedMs += ms),
    async goOn(transactions) {
      for (let count = 0; count < transactions; count += 1) {
        t.mock.timers.tick(60_000);
        await new Promise(setImmediate);
      }
    },
  };
}

const BEFORE = new Date(NOW_MS - 30 * DAY_MS).toISOString();

test("a run tells at its end how many messages it has removed, and up to when they had been received", async (t) => {
  const { told, goOn } = runsOf(t, [[5, 100], [0, 200], [7, 300], [2]]);
  await goOn(3);
  assert.deepEqual(told, []);
  await goOn(1);
  assert.deepEqual(told, [{ messages: 14, before: BEFORE }]);
});

test("a run whose transactions wait long for a processor continues soon after each of them", async (t) => {
  const { asked, goOn } = runsOf(t, [[5, 100], [5, 200], [5]], { stepMs: 60_000 });
  await goOn(3);
  assert.deepEqual(asked(), [0, 100, 200]);
});

test("a run that removes nothing says nothing", async (t) => {
  const { told, goOn } = runsOf(t, [[0, 100], [0], [0]]);
  await goOn(3);
  assert.deepEqual(told, []);
});

test("a run that is stopped tells what it has removed by then", async (t) => {
  const { told, goOn, stop } = runsOf(t, [[5, 100], [6, 200]]);
  await goOn(2);
  stop();
  assert.deepEqual(told, [{ messages: 11, before: BEFORE }]);
});

test("the first run of each day looks at every message, the others continue as long as there are old ones", async (t) => {
  const { asked, goOn, pass } = runsOf(t, [[0, 100], [0, 200], [0], [0, 100], [3, 100], [0, 200], [0, 100], [0]]);
  await goOn(6);
  assert.deepEqual(asked(), [0, 100, 200, 0, 0, 100]);
  pass(DAY_MS);
  await goOn(2);
  assert.deepEqual(asked().slice(6), [0, 100]);
});

test("while the clock is in doubt nothing is looked at, which is told once; after a day it continues", async (t) => {
  const { asked, goOn, pass, suspended } = runsOf(t, [[4]], { isAhead: true });
  await goOn(3);
  pass(DAY_MS - 1);
  await goOn(1);
  assert.deepEqual([asked(), suspended], [[], [{ clock: "2035-02-27T00:00:00.000Z", expected: "2025-02-28T00:00:00.000Z", until: "2035-02-28T00:00:00.000Z" }]]);
  pass(1);
  await goOn(1);
  assert.deepEqual([asked(), suspended.length], [[0], 1]);
});

test("what fails is told each time, and as new once for each reason until it succeeds", async (t) => {
  const [full, busy] = [new Error("full"), new Error("busy")];
  const { failed, told, goOn } = runsOf(t, [full, busy, full, [2], full]);
  await goOn(5);
  assert.deepEqual(failed.map(({ reason, isNew }) => [reason, isNew]), [["full", true], ["busy", true], ["full", false], ["full", true]]);
  assert.deepEqual(told, [{ messages: 2, before: BEFORE }]);
});

test("what a stop cuts off has not failed", async (t) => {
  const { failed, goOn, stop } = runsOf(t, [new Error("closed")]);
  t.mock.timers.tick(0);
  stop();
  await goOn(1);
  assert.deepEqual(failed, []);
});

test("it looks back for a message of a day ago until it finds one, or is stopped", async (t) => {
  const runs = runsOf(t, []);
  await runs.goOn(2);
  assert.deepEqual([runs.lookedBack, runs.asked()], [[Number.MAX_SAFE_INTEGER, 500], [0, 0]]);
});

test("one that is stopped while it looks back removes nothing", async (t) => {
  const runs = runsOf(t, [[1]]);
  t.mock.timers.tick(0);
  runs.stop();
  await runs.goOn(2);
  assert.deepEqual([runs.lookedBack, runs.asked()], [[Number.MAX_SAFE_INTEGER], []]);
});

test("a clock that is confirmed before the messages are read is believed, and nothing is looked at twice", async (t) => {
  const { asked, suspended, confirmClock, goOn } = runsOf(t, [[1, 100], [1]], { isAhead: true });
  t.mock.timers.tick(0);
  confirmClock();
  await goOn(2);
  assert.deepEqual([asked(), suspended], [[0, 100], []]);
});

/** Whether a message of this `created_at` was received before 2025-03-01T00:00:00Z. */
const RECEIVED: readonly (readonly [createdAt: string, isOld: boolean])[] = [
  ["2025-02-28T23:59:59.999Z", true],
  ["2025-03-01T00:00:00.000Z", false],
  ["2025-02-28T23:59:59Z", true],
  ["2025-02-28T23:59:59.999999Z", true],
  ["2025-02-28 23:59:59", true],
  ["2025-03-01 00:00:00", false],
  ["2025-02-28 23:59:59.999999", true],
  ["2025-03-01 01:00:00+02:00", true],
  ["2025-02-28T23:00:00-02:00", false],
  ["", false],
  ["0", false],
  ["1740787199", false],
  ["28.02.2025", false],
  ["2025-02-28", false],
];

for (const [createdAt, isOld] of RECEIVED) {
  test(`created_at ${JSON.stringify(createdAt)} is ${isOld ? "before" : "not known to be before"} 2025-03-01T00:00:00Z`, () => {
    assert.equal(isReceivedBefore(createdAt, NOW_MS), isOld);
  });
}

test("if the clock is confirmed while it works, it works once more at once", async (t) => {
  const { confirmClock, asked } = runsOf(t, [[0], [0]]);
  t.mock.timers.tick(0);
  confirmClock();
  await new Promise(setImmediate);
  assert.equal(asked().length, 1);
  t.mock.timers.tick(0);
  await new Promise(setImmediate);
  assert.equal(asked().length, 2);
  t.mock.timers.tick(0);
  await new Promise(setImmediate);
  assert.equal(asked().length, 2, "and then after a minute, as before");
});
