import assert from "node:assert/strict";
import { test } from "node:test";
import { createForwardOrder, type Letter } from "../../src/cli/forward-order.ts";
import { createSlots } from "../../src/cli/slots.ts";

const letter = (seq: number, from: string): Letter => ({ seq, from, messageId: `m${seq}`, line: new Uint8Array() });

/** Lets everything that can continue without another delivery do so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function createHeld(room = 1000) {
  const begun: number[] = [];
  const places: number[] = [];
  const held = new Map<number, PromiseWithResolvers<void>>();
  const order = createForwardOrder({
    deliver({ seq }) {
      begun.push(seq);
      const one = Promise.withResolvers<void>();
      held.set(seq, one);
      return one.promise;
    },
    advance: (after) => places.push(after),
    room,
  });
  async function finish(seq: number): Promise<void> {
    held.get(seq)?.resolve();
    await settled();
  }
  return { order, begun, places, finish, fail: (seq: number) => held.get(seq)?.reject(new Error("disk full")) };
}

test("one message of each sender is in progress, and the next follows when it is done", async () => {
  const { order, begun, finish } = createHeld();
  for (const [seq, from] of [
    [1, "a"],
    [2, "a"],
    [3, "b"],
    [4, "a"],
    [5, "b"],
  ] as const)
    await order.add(letter(seq, from));
  assert.deepEqual(begun, [1, 3]);
  await finish(3);
  assert.deepEqual(begun, [1, 3, 5]);
  await finish(1);
  await finish(2);
  assert.deepEqual(begun, [1, 3, 5, 2, 4]);
});

test("the place never passes a message that is not done", async () => {
  const { order, places, finish } = createHeld();
  for (const seq of [3, 4, 9]) await order.add(letter(seq, `${seq}`));
  await finish(4);
  assert.deepEqual(places, []);
  await finish(3);
  assert.deepEqual(places, [8]);
  await finish(9);
  assert.deepEqual(places, [8, 9]);
  assert.equal(order.waiting(), 0);
});

test("no more is taken than there is room for", async () => {
  const { order, finish } = createHeld(2);
  await order.add(letter(1, "a"));
  let added = false;
  const second = order.add(letter(2, "b")).then(() => (added = true));
  await settled();
  assert.equal(added, false);
  await finish(1);
  await second;
});

test("a delivery that cannot be kept ends all", async () => {
  const { order, fail } = createHeld();
  await order.add(letter(1, "a"));
  fail(1);
  await assert.rejects(order.failed, /disk full/);
});

test("slots run up to their number at once, in order", async () => {
  const inSlot = createSlots(2);
  const begun: number[] = [];
  const ends = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
  const all = ends.map(({ promise }, index) => inSlot(async () => void (begun.push(index), await promise)).catch(() => {}));
  await settled();
  assert.deepEqual(begun, [0, 1]);
  ends[1]?.reject(new Error("a failure gives its slot back"));
  await settled();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(all);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});
