import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../../src/core/message.ts";
import { InDoubt, StoreUnavailable } from "../../../src/core/store.ts";
import { createGroupCommit, MAX_WAITING_BYTES, MAX_WAITING_MESSAGES, type Committed, type GroupCommit, type GroupCommitOptions } from "../../../src/storage/shared/group-commit.ts";
import { message } from "../../support/store.ts";

interface Writer {
  readonly group: GroupCommit;
  /** The batches received so far, in order. */
  readonly batches: readonly (readonly Message[])[];
  /** The sizes of the deliveries of each batch. */
  readonly sizes: readonly (readonly number[])[];
  /** Completes the oldest batch in progress, or fails it with `error`. */
  finish(error?: Error): void;
}

/** A group commit over a writer that completes a batch when `finish` is called. */
function createWriter(limits: Pick<GroupCommitOptions, "maxBatchMessages" | "maxBatchBytes"> = {}): Writer {
  const batches: (readonly Message[])[] = [];
  const sizes: (readonly number[])[] = [];
  const inProgress: PromiseWithResolvers<Committed>[] = [];
  const group = createGroupCommit(
    (messages, _createdAt, deliveries) => {
      batches.push(messages);
      sizes.push(deliveries.sizes);
      const commit = Promise.withResolvers<Committed>();
      inProgress.push(commit);
      return commit.promise;
    },
    {
      clock: { nowMs: () => 0 },
      observer: { committed: () => {}, commitFailed: () => {}, removed: () => {}, indexFaulted: () => {} },
      onCommitted: () => {},
      ...limits,
    },
  );
  let finished = 0;
  return {
    group,
    batches,
    sizes,
    finish(error) {
      const commit = inProgress.shift();
      if (error !== undefined) commit?.reject(error);
      else commit?.resolve({ outcomes: (batches[finished] ?? []).map(() => "created"), seconds: 0 });
      finished += 1;
    },
  };
}

function messages(count: number, prefix: string): readonly Message[] {
  return Array.from({ length: count }, (_, index) => message(`${prefix}${index}`));
}

test("a delivery is never split, however many messages wait with it", async () => {
  const { group, batches, finish } = createWriter();
  const waiting = messages(MAX_WAITING_MESSAGES - 1, "m").map((one) => group.insert(one));
  const delivery = messages(1_000, "d");
  const outcomes = group.insertAll(delivery);
  for (let batch = 0; batch < 4; batch += 1) {
    finish();
    await Promise.resolve();
    await new Promise(setImmediate);
  }
  assert.deepEqual(new Set(await outcomes), new Set(["created"]));
  await Promise.all(waiting);
  const holding = batches.filter((batch) => batch.some(({ messageId }) => messageId.startsWith("d")));
  assert.deepEqual(holding.map((batch) => batch.filter(({ messageId }) => messageId.startsWith("d")).length), [1_000]);
});

test("a limit of messages per batch keeps deliveries whole, and the writer gets their sizes", async () => {
  const { group, sizes, finish } = createWriter({ maxBatchMessages: 10 });
  const waiting = [20, 4, 4, 4, 1].map((count, index) => group.insertAll(messages(count, `d${index}-`)));
  for (let batch = 0; batch < 3; batch += 1) {
    finish();
    await new Promise(setImmediate);
  }
  await Promise.all(waiting);
  assert.deepEqual(sizes, [[20], [4, 4], [4, 1]]);
});

test("a limit of bytes per batch does the same", async () => {
  const { group, sizes, finish } = createWriter({ maxBatchBytes: 100_000 });
  // Each character counts as two bytes.
  const waiting = [100_000, 20_000, 20_000, 20_000, 1].map((length, index) => group.insert(message(`m${index}`, { text: "x".repeat(length) })));
  for (let batch = 0; batch < 3; batch += 1) {
    await new Promise(setImmediate);
    finish();
  }
  await Promise.all(waiting);
  assert.deepEqual(sizes, [[1], [1, 1], [1, 1]]);
});

for (const [title, error, outcome] of [
  ["that fails is unavailable", new StoreUnavailable("full"), "unavailable"],
  ["whose outcome is not known is in doubt", new InDoubt("gone"), "in_doubt"],
] as const) {
  test(`every message of a batch ${title}, and the next batch continues`, async () => {
    const { group, finish } = createWriter();
    const first = group.insertAll(messages(40, "m"));
    const second = group.insertAll(messages(40, "n"));
    finish(error);
    assert.deepEqual(new Set(await first), new Set([outcome]));
    finish();
    assert.deepEqual(new Set(await second), new Set(["created"]));
  });
}

/** A message of this many bytes. */
function large(messageId: string, bytes: number): Message {
  return { ...message(messageId), payload: "x".repeat(bytes / 2 - 100) };
}

const INSERTS: readonly (readonly [string, (group: GroupCommit, message: Message) => Promise<unknown>])[] = [
  ["insert", (group, one) => group.insert(one)],
  ["insertAll", async (group, one) => (await group.insertAll([one]))[0]],
];

for (const [name, insert] of INSERTS) {
  test(`${name}: a delivery beyond the limit of waiting bytes is unavailable at once, and a later one is accepted`, async () => {
    const { group, finish } = createWriter();
    const waiting = Array.from({ length: 8 }, (_, index) => insert(group, large(`m${index}`, MAX_WAITING_BYTES / 8)));
    assert.equal(await insert(group, large("beyond", MAX_WAITING_BYTES / 8)), "unavailable");
    assert.equal(group.waiting(), 8);
    while (group.waiting() > 0) {
      await new Promise(setImmediate);
      finish();
      await new Promise(setImmediate);
    }
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(["created"]));
    const later = insert(group, large("later", MAX_WAITING_BYTES));
    await new Promise(setImmediate);
    finish();
    assert.equal(await later, "created");
  });
}

test("a delivery larger than the limit of waiting bytes is accepted if nothing else waits", async () => {
  const { group, finish } = createWriter();
  const alone = group.insertAll([large("a", MAX_WAITING_BYTES), large("b", MAX_WAITING_BYTES)]);
  assert.equal(await group.insert(message("m")), "unavailable");
  await new Promise(setImmediate);
  finish();
  assert.deepEqual(await alone, ["created", "created"]);
  const next = group.insert(message("m"));
  await new Promise(setImmediate);
  finish();
  assert.equal(await next, "created");
});

test("a batch that fails frees its bytes", async () => {
  const { group, finish } = createWriter();
  const failing = group.insertAll([large("a", MAX_WAITING_BYTES)]);
  await new Promise(setImmediate);
  finish(new StoreUnavailable("full"));
  assert.deepEqual(await failing, ["unavailable"]);
  const next = group.insertAll([large("b", MAX_WAITING_BYTES)]);
  await new Promise(setImmediate);
  finish();
  assert.deepEqual(await next, ["created"]);
});
