import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startRetention, type RemoveSome } from "../../../src/storage/shared/retention.ts";

const NOW_MS = Date.parse("2025-03-01T00:00:00Z");
const DAY_MS = 86_400_000;

interface Runs {
  readonly told: { readonly messages: number; readonly before: string }[];
  /** Lets the transactions that are due, and those due after them, go on. */
  goOn(transactions: number): Promise<void>;
  stop(): void;
}

/** Retention of 30 days over what removes these numbers of messages; the last of each run says that no more are old enough. */
function runsOf(t: TestContext, removes: readonly (readonly [messages: number, more: boolean])[]): Runs {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = NOW_MS;
  let calls = 0;
  const told: { readonly messages: number; readonly before: string }[] = [];
  const remove: RemoveSome = async () => {
    const [messages, more] = removes[calls] ?? [0, false];
    calls += 1;
    nowMs += DAY_MS;
    return { messages, more };
  };
  const { stop } = startRetention(remove, { days: 30, clock: { nowMs: () => nowMs }, onRemoved: () => {}, onRunEnded: (run) => told.push(run) });
  return {
    told,
    stop,
    async goOn(transactions) {
      for (let count = 0; count < transactions; count += 1) {
        t.mock.timers.tick(60_000);
        await new Promise(setImmediate);
      }
    },
  };
}

function daysBefore(days: number): string {
  return new Date(NOW_MS + (days - 30) * DAY_MS).toISOString();
}

test("a run tells at its end how many messages it has removed, and up to when they had been received", async (t) => {
  const { told, goOn } = runsOf(t, [[5, true], [0, true], [7, true], [2, false], [3, false]]);
  await goOn(3);
  assert.deepEqual(told, []);
  await goOn(1);
  assert.deepEqual(told, [{ messages: 14, before: daysBefore(3) }]);
  await goOn(1);
  assert.deepEqual(told.at(-1), { messages: 3, before: daysBefore(4) });
});

test("a run that removes nothing says nothing", async (t) => {
  const { told, goOn } = runsOf(t, [[0, true], [0, false], [0, false]]);
  await goOn(3);
  assert.deepEqual(told, []);
});

test("a run that is stopped tells what it has removed by then", async (t) => {
  const { told, goOn, stop } = runsOf(t, [[5, true], [6, true]]);
  await goOn(2);
  stop();
  assert.deepEqual(told, [{ messages: 11, before: daysBefore(1) }]);
});
