import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startIndexKeeper, type IndexKeeper } from "../../../src/storage/sqlite/index/keeper.ts";
import type { CheckProgress, IndexStep } from "../../../src/storage/sqlite/index/message-index.ts";
import { STEP_ROWS } from "../../../src/storage/sqlite/index/operations.ts";
import type { IndexCalls } from "../../../src/storage/sqlite/threads/protocol.ts";
import type { Thread } from "../../../src/storage/sqlite/threads/thread.ts";

interface Harness {
  readonly keeper: IndexKeeper;
  /** The starts of threads, and the calls of the thread. */
  readonly calls: string[];
  readonly faults: string[];
  /** The results of the next steps; a string makes one fail. */
  readonly steps: (IndexStep | string)[];
  /** The results of the next parts of a check. */
  readonly checks: CheckProgress[];
  /** Settles once a closed thread has ended. */
  ending: Promise<void>;
  /** Advances the time, and runs everything that becomes due. */
  advance(ms: number): Promise<void>;
}

const DONE: IndexStep = { derived: 0, unindexed: 0 };

async function keep(t: TestContext, steps: (IndexStep | string)[] = [], starts: string[] = []): Promise<Harness> {
  const checks: CheckProgress[] = [];
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const calls: string[] = [];
  const faults: string[] = [];
  const results: { readonly [Name in keyof IndexCalls]: () => unknown } = {
    step() {
      const step = steps.shift() ?? DONE;
      if (typeof step === "string") throw new Error(step);
      return step;
    },
    reset: () => undefined,
    check: () => checks.shift() ?? {},
    exclude: () => 1,
    forget: () => undefined,
    lowerPriority: () => undefined,
  };
  const thread = {
    async call(name: keyof IndexCalls) {
      calls.push(name);
      return results[name]();
    },
    pending: () => 0,
    close: () => harness.ending,
    abandon: () => Promise.resolve(),
  } as unknown as Thread<IndexCalls>;
  const keeper = await startIndexKeeper({
    async startThread({ inBackground }) {
      const failure = starts.shift();
      if (failure !== undefined) throw new Error(failure);
      calls.push(inBackground ? "start low" : "start");
      return thread;
    },
    attachReaders: () => Promise.resolve(void calls.push("attach")),
    onFault: (reason) => faults.push(reason),
    onStep: () => undefined,
  });
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }
  const harness: Harness = {
    keeper,
    calls,
    faults,
    steps,
    checks,
    ending: Promise.resolve(),
    async advance(ms) {
      t.mock.timers.tick(ms);
      await settle();
    },
  };
  return harness;
}

/** A keeper with nothing to do, and no calls recorded. */
async function idle(t: TestContext): Promise<Harness> {
  const harness = await keep(t);
  await harness.advance(0);
  harness.calls.length = 0;
  return harness;
}

test("at the start it indexes existing rows, without a pause while a full step is due, and then checks every page once", async (t) => {
  const { calls, advance } = await keep(t, [{ derived: STEP_ROWS, unindexed: STEP_ROWS }, { derived: STEP_ROWS, unindexed: 5 }, DONE]);
  await advance(0);
  assert.deepEqual(calls, ["start low", "attach", "step", "step"]);
  await advance(50);
  assert.deepEqual(calls.slice(4), ["step", "check"]);
});

test("a check continues part by part, after indexing the rows that arrived meanwhile, until it is complete", async (t) => {
  const { keeper, calls, checks, faults, advance } = await keep(t);
  const next = { walk: 1, after: ["x"] };
  checks.push({ next }, { next }, { next }, { complaint: "malformed" });
  await advance(0);
  await advance(0);
  assert.deepEqual(calls, ["start low", "attach", "step", "check", "step", "check"]);
  keeper.grew(STEP_ROWS);
  await advance(0);
  assert.deepEqual(calls.slice(6), ["step", "check"]);
  await advance(0);
  await advance(50);
  assert.deepEqual(calls.slice(8), ["step", "check", "reset", "attach", "step"]);
  assert.deepEqual(faults, ["malformed"]);
  await advance(86_400_000);
  assert.equal(calls.length, 13);
});

test("a stop during a check ends it after the current part", async (t) => {
  const { keeper, calls, checks, advance } = await keep(t);
  checks.push({ next: { walk: 1, after: undefined } });
  await advance(0);
  await keeper.close();
  await advance(60_000);
  assert.deepEqual(calls, ["start low", "attach", "step", "check"]);
});

test("a step waits for 50 ms without a commit, for 250 ms at most, and not at all once a full step is due", async (t) => {
  const { keeper, calls, advance } = await idle(t);
  keeper.grew(10);
  await advance(49);
  keeper.grew(10);
  await advance(49);
  assert.deepEqual(calls, []);
  await advance(1);
  assert.deepEqual(calls, ["step"]);

  for (let ms = 0; ms < 240; ms += 40) {
    keeper.grew(1);
    await advance(40);
  }
  assert.deepEqual(calls, ["step"]);
  await advance(10);
  assert.deepEqual(calls, ["step", "step"]);

  keeper.grew(STEP_ROWS);
  await advance(0);
  assert.deepEqual(calls, ["step", "step", "step"]);
});

test("with more than 200,000 unindexed rows it runs at normal priority until it has caught up", async (t) => {
  const { keeper, calls, advance, steps } = await idle(t);
  steps.push({ derived: STEP_ROWS, unindexed: 150_000 }, { derived: STEP_ROWS, unindexed: 10 });
  keeper.grew(200_001);
  await advance(0);
  assert.deepEqual(calls, ["start", "attach", "step", "step"]);
  await advance(50);
  assert.deepEqual(calls.slice(4), ["lowerPriority", "step"]);
});

test("a rebuilt index is attached again, and reported once", async (t) => {
  const { keeper, calls, faults, advance, steps } = await idle(t);
  steps.push({ derived: 1, unindexed: 0, fault: "its file was removed" });
  keeper.grew(1);
  await advance(50);
  assert.deepEqual(calls, ["step", "attach"]);
  assert.deepEqual(faults, ["its file was removed"]);
  assert.equal(keeper.isFaulty(), false);
});

test("reports of several readers about one index cause one rebuild", async (t) => {
  const { keeper, calls, faults, advance } = await idle(t);
  keeper.distrust("malformed");
  keeper.distrust("malformed, says another reader");
  assert.equal(keeper.isFaulty(), true);
  await advance(0);
  assert.deepEqual(calls, ["reset", "attach", "step"]);
  assert.deepEqual(faults, ["malformed"]);
  assert.equal(keeper.isFaulty(), false);
});

test("an index that cannot be opened is retried after 1 s, 2 s, … whatever is committed meanwhile, and reported once", async (t) => {
  const { keeper, calls, faults, advance } = await keep(t, [], ["no room", "no room", "no room"]);
  await advance(0);
  assert.deepEqual(faults, ["no room"]);
  keeper.grew(STEP_ROWS);
  assert.equal(await keeper.exclude([1]), undefined);
  await advance(999);
  assert.deepEqual(calls, []);
  await advance(1);
  await advance(1_999);
  assert.deepEqual(calls, []);
  await advance(1);
  assert.deepEqual(calls, ["start low", "attach", "step", "check"]);
  assert.deepEqual(faults, ["no room"]);
  assert.equal(keeper.isFaulty(), false);
});

test("a stop while the thread of a failed step is ending starts no other thread", async (t) => {
  const harness = await idle(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  harness.ending = promise;
  harness.steps.push("no room");
  harness.keeper.grew(1);
  await harness.advance(50);
  const closed = harness.keeper.close();
  resolve();
  await closed;
  await harness.advance(60_000);
  assert.deepEqual(harness.calls, ["step"]);
});
