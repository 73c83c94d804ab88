import assert from "node:assert/strict";
import { test } from "node:test";
import { createForwardOrder, type Letter } from "../../src/cli/forward-order.ts";
import { createSlots } from "../../src/cli/slots.ts";

const letter = (seq: number, from: string): Letter => ({ seq, from, messageId: `m${seq}`, line: new Uint8Array() });

/** Waits until everything that needs no further delivery has run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function createManualOrder(room = 1000) {
  const started: number[] = [];
  const positions: number[] = [];
  const deliveries = new Map<number, PromiseWithResolvers<void>>();
  const order = createForwardOrder({
    deliver({ seq }) {
      started.push(seq);
      const one = Promise.withResolvers<void>();
      deliveries.set(seq, one);
      return one.promise;
    },
    advance: (after) => positions.push(after),
    room,
  });
  async function finish(seq: number): Promise<void> {
    deliveries.get(seq)?.resolve();
    await settled();
  }
  return { order, started, positions, finish, fail: (seq: number) => deliveries.get(seq)?.reject(new Error("disk full")) };
}

test("each sender has one message in progress, and the next one starts when it is done", async () => {
  const { order, started, finish } = createManualOrder();
  for (const [seq, from] of [
    [1, "a"],
    [2, "a"],
    [3, "b"],
    [4, "a"],
    [5, "b"],
  ] as const)
    await order.add(letter(seq, from));
  assert.deepEqual(started, [1, 3]);
  await finish(3);
  assert.deepEqual(started, [1, 3, 5]);
  await finish(1);
  await finish(2);
  assert.deepEqual(started, [1, 3, 5, 2, 4]);
});

test("the position never passes a message that is not done", async () => {
  const { order, positions, finish } = createManualOrder();
  for (const seq of [3, 4, 9]) await order.add(letter(seq, `${seq}`));
  await finish(4);
  assert.deepEqual(positions, []);
  await finish(3);
  assert.deepEqual(positions, [8]);
  await finish(9);
  assert.deepEqual(positions, [8, 9]);
  assert.equal(order.waiting(), 0);
});

test("add waits while there is no room for another message", async () => {
  const { order, finish } = createManualOrder(2);
  await order.add(letter(1, "a"));
  let added = false;
  const second = order.add(letter(2, "b")).then(() => (added = true));
  await settled();
  assert.equal(added, false);
  await finish(1);
  await second;
});

test("a failed delivery makes the order fail", async () => {
  const { order, fail } = createManualOrder();
  await order.add(letter(1, "a"));
  fail(1);
  await assert.rejects(order.failed, /disk full/);
});

test("slots run up to their number of tasks at once, in order", async () => {
  const inSlot = createSlots(2);
  const started: number[] = [];
  const ends = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, index) => inSlot(async () => void (started.push(index), await promise)).catch(() => {}));
  await settled();
  assert.deepEqual(started, [0, 1]);
  ends[1]?.reject(new Error("a failed task frees its slot"));
  await settled();
  assert.deepEqual(started, [0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(all);
  assert.deepEqual(started, [0, 1, 2, 3]);
});
