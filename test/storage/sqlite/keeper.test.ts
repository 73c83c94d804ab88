import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startIndexKeeper, type IndexKeeper } from "../../../src/storage/sqlite/index/keeper.ts";
import type { CheckProgress, IndexStep } from "../../../src/storage/sqlite/index/message-index.ts";
import { STEP_ROWS } from "../../../src/storage/sqlite/index/operations.ts";
import type { IndexCalls } from "../../../src/storage/sqlite/threads/protocol.ts";
import type { Thread } from "../../../src/storage/sqlite/threads/thread.ts";

interface Kept {
  readonly keeper: IndexKeeper;
  /** What the thread was asked to do, and the starts of threads. */
  readonly asked: string[];
  readonly faults: string[];
  /** Of the steps to come; a string fails one. */
  readonly steps: (IndexStep | string)[];
  /** Results of the parts of a check to come. */
  readonly checks: CheckProgress[];
  /** Settled once a thread that is closed has ended. */
  ending: Promise<void>;
  /** Lets time pass, and everything that it sets off. */
  pass(ms: number): Promise<void>;
}

const DONE: IndexStep = { derived: 0, unindexed: 0 };

async function keep(t: TestContext, steps: (IndexStep | string)[] = [], starts: string[] = []): Promise<Kept> {
  const checks: CheckProgress[] = [];
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked: string[] = [];
  const faults: string[] = [];
  const answers: { readonly [Name in keyof IndexCalls]: () => unknown } = {
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
      asked.push(name);
      return answers[name]();
    },
    pending: () => 0,
    close: () => kept.ending,
    abandon: () => Promise.resolve(),
  } as unknown as Thread<IndexCalls>;
  const keeper = await startIndexKeeper({
    async startThread({ inBackground }) {
      const failure = starts.shift();
      if (failure !== undefined) throw new Error(failure);
      asked.push(inBackground ? "start low" : "start");
      return thread;
    },
    attachReaders: () => Promise.resolve(void asked.push("attach")),
    onFault: (reason) => faults.push(reason),
    onStep: () => undefined,
  });
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }
  const kept: Kept = {
    keeper,
    asked,
    faults,
    steps,
    checks,
    ending: Promise.resolve(),
    async pass(ms) {
      t.mock.timers.tick(ms);
      await settle();
    },
  };
  return kept;
}

/** One that has nothing to do, with a clean list of what was asked. */
async function idle(t: TestContext): Promise<Kept> {
  const kept = await keep(t);
  await kept.pass(0);
  kept.asked.length = 0;
  return kept;
}

test("it begins with what is there, step after step without a pause while a full step waits, then reads every page once", async (t) => {
  const { asked, pass } = await keep(t, [{ derived: STEP_ROWS, unindexed: STEP_ROWS }, { derived: STEP_ROWS, unindexed: 5 }, DONE]);
  await pass(0);
  assert.deepEqual(asked, ["start low", "attach", "step", "step"]);
  await pass(50);
  assert.deepEqual(asked.slice(4), ["step", "check"]);
});

test("a check continues part by part, after the rows that have come meanwhile, until a stop", async (t) => {
  const { keeper, asked, checks, faults, pass } = await keep(t);
  const next = { walk: 1, after: ["x"] };
  checks.push({ next }, { next }, { next }, { complaint: "malformed" });
  await pass(0);
  await pass(0);
  assert.deepEqual(asked, ["start low", "attach", "step", "check", "step", "check"]);
  keeper.grew(STEP_ROWS);
  await pass(0);
  assert.deepEqual(asked.slice(6), ["step", "check"]);
  await pass(0);
  await pass(50);
  assert.deepEqual(asked.slice(8), ["step", "check", "reset", "attach", "step"]);
  assert.deepEqual(faults, ["malformed"]);
  await pass(86_400_000);
  assert.equal(asked.length, 13);
});

test("a stop during a check waits for the part that is read", async (t) => {
  const { keeper, asked, checks, pass } = await keep(t);
  checks.push({ next: { walk: 1, after: undefined } });
  await pass(0);
  await keeper.close();
  await pass(60_000);
  assert.deepEqual(asked, ["start low", "attach", "step", "check"]);
});

test("a step waits for a pause of 50 ms, for 2 s at the latest, and not at all once a full step waits", async (t) => {
  const { keeper, asked, pass } = await idle(t);
  keeper.grew(10);
  await pass(49);
  keeper.grew(10);
  await pass(49);
  assert.deepEqual(asked, []);
  await pass(1);
  assert.deepEqual(asked, ["step"]);

  for (let ms = 0; ms < 1_960; ms += 40) {
    keeper.grew(1);
    await pass(40);
  }
  assert.deepEqual(asked, ["step"]);
  await pass(40);
  assert.deepEqual(asked, ["step", "step"]);

  keeper.grew(STEP_ROWS);
  await pass(0);
  assert.deepEqual(asked, ["step", "step", "step"]);
});

test("with more than 200,000 unindexed rows it works at the priority of the other threads, until it has caught up", async (t) => {
  const { keeper, asked, pass, steps } = await idle(t);
  steps.push({ derived: STEP_ROWS, unindexed: 150_000 }, { derived: STEP_ROWS, unindexed: 10 });
  keeper.grew(200_001);
  await pass(0);
  assert.deepEqual(asked, ["start", "attach", "step", "step"]);
  await pass(50);
  assert.deepEqual(asked.slice(4), ["lowerPriority", "step"]);
});

test("an index that was built again is attached again, and told of once", async (t) => {
  const { keeper, asked, faults, pass, steps } = await idle(t);
  steps.push({ derived: 1, unindexed: 0, fault: "its file was removed" });
  keeper.grew(1);
  await pass(50);
  assert.deepEqual(asked, ["step", "attach"]);
  assert.deepEqual(faults, ["its file was removed"]);
  assert.equal(keeper.isFaulty(), false);
});

test("what several readers report about one index makes one begin again", async (t) => {
  const { keeper, asked, faults, pass } = await idle(t);
  keeper.distrust("malformed");
  keeper.distrust("malformed, says another reader");
  assert.equal(keeper.isFaulty(), true);
  await pass(0);
  assert.deepEqual(asked, ["reset", "attach", "step"]);
  assert.deepEqual(faults, ["malformed"]);
  assert.equal(keeper.isFaulty(), false);
});

test("an index that cannot be opened is tried again after 1 s, 2 s, … whatever is committed meanwhile, and told of once", async (t) => {
  const { keeper, asked, faults, pass } = await keep(t, [], ["no room", "no room", "no room"]);
  await pass(0);
  assert.deepEqual(faults, ["no room"]);
  keeper.grew(STEP_ROWS);
  assert.equal(await keeper.exclude([1]), undefined);
  await pass(999);
  assert.deepEqual(asked, []);
  await pass(1);
  await pass(1_999);
  assert.deepEqual(asked, []);
  await pass(1);
  assert.deepEqual(asked, ["start low", "attach", "step", "check"]);
  assert.deepEqual(faults, ["no room"]);
  assert.equal(keeper.isFaulty(), false);
});

test("a stop while the thread of a failed step ends starts no other thread", async (t) => {
  const kept = await idle(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  kept.ending = promise;
  kept.steps.push("no room");
  kept.keeper.grew(1);
  await kept.pass(50);
  const closed = kept.keeper.close();
  resolve();
  await closed;
  await kept.pass(60_000);
  assert.deepEqual(kept.asked, ["step"]);
});
