import assert from "node:assert/strict";
import { test } from "node:test";
import { createBench } from "../../scripts/bench/bench.ts";
import { compare, type Run } from "../../scripts/bench/measure.ts";
import { settle, type Settled } from "../../scripts/bench/settle.ts";
import { temporaryFolder } from "../support/store.ts";

/** Reads the CPU seconds of a process: these values in order, then the last one again. */
function reader(values: readonly number[]): () => number {
  let at = 0;
  return () => values[Math.min(at++, values.length - 1)] ?? NaN;
}

async function settled(values: readonly number[]): Promise<Settled & { readonly waitedMs: number }> {
  let waitedMs = 0;
  const pause = async (ms: number): Promise<void> => {
    waitedMs += ms;
  };
  return { ...(await settle(reader(values), { pause })), waitedMs };
}

test("a process is settled once its CPU seconds have not risen for 2.5 s, except by what an idle process uses", async () => {
  assert.deepEqual(await settled([5]), { cpuSeconds: 5, busySeconds: 0, waitedMs: 2_500 });
  assert.deepEqual(await settled([5, 5.01, 5.02]), { cpuSeconds: 5.02, busySeconds: 0, waitedMs: 2_500 });
  assert.deepEqual(await settled([5, 5.2, 5.2, 5.2, 5.4]), { cpuSeconds: 5.4, busySeconds: 1, waitedMs: 3_500 });
});

test("waiting for a process that never becomes idle ends after a limit", async () => {
  await assert.rejects(settle(reader(Array.from({ length: 10_000 }, (_, index) => index)), { pause: async () => undefined }));
});

function run(perSecond: number): Run {
  return { answered: 1, refused: 0, seconds: 1, p50: 1, p99: 1, p999: 1, perSecond, cpuMicros: 2 * perSecond, peakMiB: 1 };
}

test("a comparison alternates, reverses every second round, and returns the median of the ratios of the rounds", async (t) => {
  const bench = createBench({ root: "", folder: temporaryFolder(t), rounds: 3, messages: 1 });
  const order: string[] = [];
  const speeds = { a: [10, 30, 50], b: [10, 10, 10] };
  const measured = (["a", "b"] as const).map((name) => async () => {
    order.push(name);
    return run(speeds[name].shift() ?? NaN);
  });
  const comparison = await compare({ ...bench, say: () => undefined }, measured);
  assert.equal(order.join(""), "abbaab");
  assert.equal(comparison.ratio(0, 1), 3);
  assert.equal(comparison.ratio(1, 0), 1 / 3);
  assert.equal(comparison.median(0, "cpuMicros"), 60);
});
