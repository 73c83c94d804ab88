import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { RetentionFailure, RetentionSuspension } from "../../../src/core/store.ts";
import { isReceivedBefore, startRetention, type OldMessages } from "../../../src/storage/shared/retention.ts";

const NOW_MS = Date.parse("2025-03-01T00:00:00Z");
const DAY_MS = 86_400_000;

interface Runs {
  readonly ended: { readonly messages: number; readonly before: string }[];
  readonly suspended: readonly RetentionSuspension[];
  readonly failed: readonly RetentionFailure[];
  /** The `seq` before which each step looked for a message that proves the clock. */
  readonly lookedBack: readonly number[];
  /** The `seq` after which each step looked for old messages. */
  steppedFrom(): readonly number[];
  /** Advances both clocks. */
  advance(ms: number): void;
  /** Runs the transactions that are due, and the later ones, up to this number. */
  runDue(transactions: number): Promise<void>;
  confirmClock(): void;
  stop(): void;
}

type Step = Error | readonly [messages: number, next?: number];

/**
 * Retention of 30 days over an engine whose steps remove these numbers of messages. A step without `next` has reached the newest
 * message; a step that is an error fails.
 */
function runsOf(t: TestContext, steps: readonly Step[], { isAhead = false, stepMs = 0 } = {}): Runs {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const startMs = NOW_MS + (isAhead ? 3650 * DAY_MS : 0);
  let passedMs = 0;
  const steppedFrom: OldMessages[] = [];
  const lookedBack: number[] = [];
  const ended: Runs["ended"] = [];
  const suspended: RetentionSuspension[] = [];
  const failed: RetentionFailure[] = [];
  const { stop, confirmClock } = startRetention(
    {
      async removeOld(which) {
        const step = steps[steppedFrom.length] ?? [0];
        steppedFrom.push(which);
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
      onRunEnded: (run) => ended.push(run),
      onSuspended: (suspension) => suspended.push(suspension),
      onFailed: (failure) => failed.push(failure),
    },
  );
  return {
    ended,
    suspended,
    failed,
    lookedBack,
    steppedFrom: () => steppedFrom.map(({ after }) => after),
    stop,
    confirmClock,
    advance: (ms) => void (passedMs += ms),
    async runDue(transactions) {
      for (let count = 0; count < transactions; count += 1) {
        t.mock.timers.tick(60_000);
        await new Promise(setImmediate);
      }
    },
  };
}

const BEFORE = new Date(NOW_MS - 30 * DAY_MS).toISOString();

test("a run reports at its end how many messages it removed, and the time before which they were received", async (t) => {
  const { ended, runDue } = runsOf(t, [[5, 100], [0, 200], [7, 300], [2]]);
  await runDue(3);
  assert.deepEqual(ended, []);
  await runDue(1);
  assert.deepEqual(ended, [{ messages: 14, before: BEFORE }]);
});

test("a run whose transactions wait long for a processor continues soon after each one", async (t) => {
  const { steppedFrom, runDue } = runsOf(t, [[5, 100], [5, 200], [5]], { stepMs: 60_000 });
  await runDue(3);
  assert.deepEqual(steppedFrom(), [0, 100, 200]);
});

test("a run that removes nothing reports nothing", async (t) => {
  const { ended, runDue } = runsOf(t, [[0, 100], [0], [0]]);
  await runDue(3);
  assert.deepEqual(ended, []);
});

test("a run that is stopped reports what it has removed so far", async (t) => {
  const { ended, runDue, stop } = runsOf(t, [[5, 100], [6, 200]]);
  await runDue(2);
  stop();
  assert.deepEqual(ended, [{ messages: 11, before: BEFORE }]);
});

test("the first run of each day examines every message; later runs end where no old messages follow", async (t) => {
  const { steppedFrom, runDue, advance } = runsOf(t, [[0, 100], [0, 200], [0], [0, 100], [3, 100], [0, 200], [0, 100], [0]]);
  await runDue(6);
  assert.deepEqual(steppedFrom(), [0, 100, 200, 0, 0, 100]);
  advance(DAY_MS);
  await runDue(2);
  assert.deepEqual(steppedFrom().slice(6), [0, 100]);
});

test("while the clock is not trusted nothing is examined, which is reported once; after a day removal continues", async (t) => {
  const { steppedFrom, runDue, advance, suspended } = runsOf(t, [[4]], { isAhead: true });
  await runDue(3);
  advance(DAY_MS - 1);
  await runDue(1);
  assert.deepEqual([steppedFrom(), suspended], [[], [{ clock: "2035-02-27T00:00:00.000Z", expected: "2025-02-28T00:00:00.000Z", until: "2035-02-28T00:00:00.000Z" }]]);
  advance(1);
  await runDue(1);
  assert.deepEqual([steppedFrom(), suspended.length], [[0], 1]);
});

test("each failure is reported, and marked as new once for each reason until a run succeeds", async (t) => {
  const [full, busy] = [new Error("full"), new Error("busy")];
  const { failed, ended, runDue } = runsOf(t, [full, busy, full, [2], full]);
  await runDue(5);
  assert.deepEqual(failed.map(({ reason, isNew }) => [reason, isNew]), [["full", true], ["busy", true], ["full", false], ["full", true]]);
  assert.deepEqual(ended, [{ messages: 2, before: BEFORE }]);
});

test("a step that a stop interrupts is not reported as a failure", async (t) => {
  const { failed, runDue, stop } = runsOf(t, [new Error("closed")]);
  t.mock.timers.tick(0);
  stop();
  await runDue(1);
  assert.deepEqual(failed, []);
});

test("at the start it looks back for a message that is a day old until it finds one", async (t) => {
  const runs = runsOf(t, []);
  await runs.runDue(2);
  assert.deepEqual([runs.lookedBack, runs.steppedFrom()], [[Number.MAX_SAFE_INTEGER, 500], [0, 0]]);
});

test("a retention that is stopped while it looks back removes nothing", async (t) => {
  const runs = runsOf(t, [[1]]);
  t.mock.timers.tick(0);
  runs.stop();
  await runs.runDue(2);
  assert.deepEqual([runs.lookedBack, runs.steppedFrom()], [[Number.MAX_SAFE_INTEGER], []]);
});

test("a clock that is confirmed before messages are examined is trusted, and nothing is examined twice", async (t) => {
  const { steppedFrom, suspended, confirmClock, runDue } = runsOf(t, [[1, 100], [1]], { isAhead: true });
  t.mock.timers.tick(0);
  confirmClock();
  await runDue(2);
  assert.deepEqual([steppedFrom(), suspended], [[0, 100], []]);
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

test("if the clock is confirmed during a run, another run follows at once", async (t) => {
  const { confirmClock, steppedFrom } = runsOf(t, [[0], [0]]);
  t.mock.timers.tick(0);
  confirmClock();
  await new Promise(setImmediate);
  assert.equal(steppedFrom().length, 1);
  t.mock.timers.tick(0);
  await new Promise(setImmediate);
  assert.equal(steppedFrom().length, 2);
  t.mock.timers.tick(0);
  await new Promise(setImmediate);
  assert.equal(steppedFrom().length, 2, "the next run begins after a minute, as before");
});
