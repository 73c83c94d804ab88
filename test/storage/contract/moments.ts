import assert from "node:assert/strict";
import type { Message } from "../../../src/core/message.ts";
import type { MessageStore } from "../../../src/core/store.ts";
import { message } from "../../support/store.ts";
import { checkWhile, make, assertSame, walkList, exportAll, tailAll, type ContractCase, type OpenedStore } from "./case.ts";
import { createMemoryEngine } from "./memory-engine.ts";

/** Message counts chosen so that an index which follows the commits covers different parts of the rows. */
const ROUNDS: readonly number[] = [0, 1, 40, 300, 3, 1_100, 700, 2];

function roundOf(round: number, count: number): readonly Message[] {
  return make(count, (index) => {
    const n = (index * 7_919 + round * 104_729) % 100_003;
    const ts = n % 3 === 0 ? "2025-01-15T10:00:00Z" : new Date(Date.UTC(2025, n % 4, 1 + (n % 27), n % 24, n % 60, n % 60, n % 3)).toISOString();
    return message(`r${round}-${n}-${index}`, { from: `+${1 + (n % (2 + round))}`, ts, text: n % 5 === 0 ? null : `text ${n}` });
  });
}

const ORDERS = ["received", "received-desc"] as const;

/** The results of every kind of read; a tail without `seq`, which may have gaps. */
async function readAll(store: MessageStore): Promise<unknown> {
  const upTo = Number.MAX_SAFE_INTEGER;
  const filters = [{}, { from: "+1" }, { from: "+7" }, { since: "2025-02-10T11:30:00Z" }, { from: "+2", until: "2025-01-15T10:00:00.001Z" }, { q: "EXT 77" }, { q: "7" }];
  const lists = filters.flatMap((filter) => [{ ...filter, order: "asc" }, { ...filter, order: "desc" }] as const)
    .flatMap((query) => [{ ...query, limit: 3, offset: 0 }, { ...query, limit: 3, offset: 1_010 }]);
  const received = [{}, { from: "+1" }, { q: "EXT 77" }].flatMap((filter) => ORDERS.map((order) => ({ ...filter, order, limit: 3, offset: 5 })));
  const ranges = [{}, { since: "2025-01-15T09:30:00Z", until: "2025-03-15T10:30:00Z" }, { from: "+1" }, { q: "77" }];
  const timelines = ranges.flatMap((range) => [{ bucket: "hour", limit: 40, ...range }, { bucket: "day", utcOffsetMinutes: 330, limit: 400, ...range }] as const);
  return {
    lists: await Promise.all(lists.map((query) => store.list(query))),
    received: (await Promise.all(received.map((query) => store.listReceived(query)))).map(({ data, total }) => ({ data, total })),
    exported: await exportAll(store, { upTo, from: "+1" }),
    tail: (await tailAll(store)).map(({ seq: _seq, ...row }) => row),
    stats: await store.stats(),
    timelines: await Promise.all(timelines.map((query) => store.timeline(query))),
    count: store.count(),
    isEmpty: (await store.lastSequence()) === 0,
  };
}

async function openBoth(open: () => Promise<OpenedStore>, onEnd: (() => Promise<void>)[]): Promise<readonly [OpenedStore, MessageStore]> {
  const memory = await createMemoryEngine("memory").start({ after: (release) => void onEnd.push(release) });
  return [await open(), (await memory({ after: (release) => void onEnd.push(release) })).store];
}

/** Reads while messages arrive or are removed. */
export const MOMENTS: readonly ContractCase[] = [
  {
    promise: "P11",
    name: "every read is exact after each commit, whatever is indexed by then, and also in the next process",
    async run({ open }) {
      const onEnd: (() => Promise<void>)[] = [];
      const [opened, expected] = await openBoth(open, onEnd);
      for (const [round, count] of ROUNDS.entries()) {
        const messages = roundOf(round, count);
        for (const store of [opened.store, expected]) await store.insertAll(messages);
        assertSame(await readAll(opened.store), await readAll(expected), `after round ${round}`);
      }
      const { store } = await opened.reopen();
      assertSame(await readAll(store), await readAll(expected), "in the next process");
      for (const release of onEnd) await release();
    },
  },
  {
    promise: "P11",
    name: "a page and its total describe one moment while messages are removed",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+112";
      await store.insertAll(make(700, (index) => message(`removed${index}`, { from, ts: `2025-01-15T10:00:00.${1 + (index % 9)}Z` })));
      async function check(): Promise<void> {
        for (const query of [{ from }, { from, q: "hello" }, { from, since: "2025-01-15T10:00:00.3Z" }]) {
          for (const page of [await store.list({ ...query, limit: 1_000, offset: 0 }), await store.listReceived({ ...query, order: "received", limit: 1_000, offset: 0 })]) {
            assert.deepEqual([page.data.length, page.next], [page.total, undefined], JSON.stringify(query));
          }
        }
      }
      await checkWhile(check, async () => assert.equal(await store.erase({ from }), 700));
      assert.equal((await store.list({ limit: 1, offset: 0, from })).total, 0);
    },
  },
  {
    promise: "P11",
    name: "a page and its total, and the counts of senders and their sum, describe one moment while messages arrive",
    async run({ open }) {
      const { store } = await open();
      async function check(): Promise<void> {
        for (const query of [{}, { from: "+1" }, { q: "hello" }, { to: "+14155550100" }, { since: "2025-01-15T10:00:00Z" }]) {
          const { data, total, next } = await store.list({ ...query, limit: 100, offset: 0 });
          assert.deepEqual([data.length, next === undefined], [Math.min(100, total), data.length >= total], JSON.stringify(query));
        }
        const stats = await store.stats();
        assert.equal(stats.messages_per_sender.reduce((sum, { count }) => sum + count, 0), stats.total_messages);
        assert.equal(stats.messages_per_sender.length, stats.senders_count);
        let walked = 0;
        for await (const page of walkList(store, { limit: 100, from: "+1" })) {
          walked += page.data.length;
          if (page.next === undefined) assert.ok(walked <= page.total && walked >= page.total - 100, `${walked} of ${page.total}`);
        }
      }
      await checkWhile(check, async () => {
        for (let index = 0; index < 300; index += 3) {
          await Promise.all([0, 1, 2].map((more) => store.insert(message(`m${index + more}`, { from: `+${1 + ((index + more) % 9)}` }))));
        }
      });
      assert.equal((await store.list({ limit: 1, offset: 0 })).total, 300);
    },
  },
];
