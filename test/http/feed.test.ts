import assert from "node:assert/strict";
import { test } from "node:test";
import type { SequencedMessage } from "../../src/core/message.ts";
import type { SequencedPage } from "../../src/core/queries.ts";
import { createFeed, type FeedFormat } from "../../src/http/feed.ts";

const FORMAT: FeedFormat = { name: "seq", write: ({ seq }) => `${seq} ` };

function row(seq: number): SequencedMessage {
  return { seq, message_id: `m${seq}`, from: "+1", to: "+2", ts: "2025-01-15T10:00:00Z", text: null, created_at: "now" };
}

interface FakeStore {
  commit(count: number): void;
  /** The `seq` of each read so far. */
  readonly reads: number[];
  readonly since: (seq: number, limit: number) => Promise<SequencedPage>;
  readonly onCommitted: (listener: () => void) => void;
}

/** `meanwhile` runs after a read has taken its snapshot and before it returns. */
function fakeStore(meanwhile: () => void = () => undefined): FakeStore {
  let last = 0;
  let listener: () => void = () => undefined;
  const reads: number[] = [];
  return {
    reads,
    commit(count) {
      last += count;
      listener();
    },
    async since(seq, limit) {
      reads.push(seq);
      const data = Array.from({ length: Math.min(limit, last - seq) }, (_, index) => row(seq + 1 + index));
      await Promise.resolve();
      meanwhile();
      return { data, more: data.length === limit };
    },
    onCommitted: (given) => {
      listener = given;
    },
  };
}

test("a message that is committed during a read is not missed", async () => {
  let commits = 3;
  const store: FakeStore = fakeStore(() => {
    if (commits > 0) {
      commits -= 1;
      store.commit(1);
    }
  });
  const following = createFeed(store).follow(0, FORMAT, new AbortController().signal);
  assert.deepEqual([await following.next(), await following.next(), await following.next()].map(({ value }) => value), ["1 ", "2 ", "3 "]);
});

test("nothing is read while nothing is committed", async () => {
  const store = fakeStore();
  const ending = new AbortController();
  const following = createFeed(store).follow(0, FORMAT, ending.signal);
  const first = following.next();
  for (let iteration = 0; iteration < 5; iteration += 1) await new Promise(setImmediate);
  assert.deepEqual(store.reads, [0]);
  store.commit(2);
  assert.equal((await first).value, "1 2 ");
  const second = following.next();
  for (let iteration = 0; iteration < 5; iteration += 1) await new Promise(setImmediate);
  assert.deepEqual(store.reads, [0, 0]);
  ending.abort();
  assert.equal((await second).done, true);
});

test("a backlog is read in pages", async () => {
  const store = fakeStore();
  store.commit(600);
  const following = createFeed(store).follow(0, FORMAT, new AbortController().signal);
  const chunks = [await following.next(), await following.next(), await following.next()].map(({ value }) => value ?? "");
  assert.deepEqual(chunks.map((chunk) => chunk.split(" ").length - 1), [256, 256, 88]);
  assert.deepEqual(chunks.join("").trim().split(" ").map(Number), Array.from({ length: 600 }, (_, index) => index + 1));
});

test("followers at the same position share a read, but never one that began before a commit they have seen", async () => {
  const store = fakeStore();
  const feed = createFeed(store);
  const signal = new AbortController().signal;
  const followers = Array.from({ length: 10 }, () => feed.follow(0, FORMAT, signal));
  const first = followers.map((following) => following.next());
  for (let iteration = 0; iteration < 5; iteration += 1) await new Promise(setImmediate);
  assert.equal(store.reads.length, 1);
  store.commit(1);
  assert.deepEqual((await Promise.all(first)).map(({ value }) => value), Array(10).fill("1 "));
  assert.equal(store.reads.length, 2);

  let overtaken = false;
  const late = fakeStore(() => {
    if (overtaken) return;
    overtaken = true;
    late.commit(1);
    // It joins after the snapshot of the read in progress and before its result.
    joined = shared.follow(0, FORMAT, signal).next();
  });
  const shared = createFeed(late);
  let joined: Promise<IteratorResult<string, void>> | undefined;
  const leading = shared.follow(0, FORMAT, signal).next();
  assert.deepEqual([(await leading).value, (await joined)?.value], ["1 ", "1 "]);
});

test("while there are no messages, heartbeats are sent", async () => {
  const ending = new AbortController();
  const following = createFeed(fakeStore()).follow(0, { ...FORMAT, beat: { text: ":\n\n", everyMs: 1 } }, ending.signal);
  assert.deepEqual([(await following.next()).value, (await following.next()).value], [":\n\n", ":\n\n"]);
  ending.abort();
  assert.equal((await following.next()).done, true);
});
