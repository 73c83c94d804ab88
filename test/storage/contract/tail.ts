import assert from "node:assert/strict";
import { message } from "../../support/store.ts";
import { until } from "../../support/until.ts";
import { idsOf, checkWhile, make, tailAll, type ContractCase } from "./case.ts";

/** Reading messages in the order of commits. */
export const TAIL: readonly ContractCase[] = [
  {
    promise: "P14",
    name: "since returns the messages after a seq in the order of commits, with their payloads if requested",
    async run({ shared }) {
      const { store } = await shared();
      const before = await store.lastSequence();
      assert.deepEqual(await store.since(before, 10), { data: [], more: false });
      await store.insertAll([message("seq b"), { ...message("seq a"), payload: '{"a":1}' }]);
      await store.insert(message("seq b"));
      await store.insert(message("seq c", { ts: "2001-01-01T00:00:00Z" }));
      const all = await tailAll(store, before);
      const seqs = all.map(({ seq }) => seq);
      assert.deepEqual(idsOf({ data: all }), ["seq b", "seq a", "seq c"]);
      assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
      assert.equal(new Set(seqs).size, 3);
      assert.equal(await store.lastSequence(), seqs[2]);
      const [first = 0, , last = 0] = seqs;
      for (const [seq, limit, ids] of [[first - 1, 1, ["seq b"]], [first, 1, ["seq a"]], [first, 9, ["seq a", "seq c"]], [last, 9, []], [last + 9, 9, []]] as const) {
        assert.deepEqual(idsOf(await store.since(seq, limit)), ids, `after ${seq}`);
      }
      assert.deepEqual((await tailAll(store, before, { payload: true })).map(({ payload }) => payload), [null, '{"a":1}', null]);
    },
  },
  {
    promise: "P14",
    name: "a page that is cut says that more may follow, one that is complete says that none do, and large messages end it early",
    async run({ shared }) {
      const { store } = await shared();
      const before = await store.lastSequence();
      await store.insertAll(make(100, (index) => message(`tail${index}`, { text: "\u{1F600}".repeat(4_096) })));
      const page = await store.since(before, 100);
      assert.ok(page.data.length <= 32 && page.more, `${page.data.length} messages of 16 KB`);
      assert.equal((await store.since(before, 3)).more, true);
      assert.equal((await store.since(await store.lastSequence(), 3)).more, false);
      assert.equal((await tailAll(store, before)).length, 100);
    },
  },
  {
    promise: "P14",
    name: "a tail of many concurrent writers gets every message once, and never a smaller seq after a greater one",
    async run({ shared }) {
      const { store } = await shared();
      const before = await store.lastSequence();
      const seen: { readonly seq: number; readonly message_id: string }[] = [];
      async function follow(): Promise<void> {
        seen.push(...(await store.since(seen.at(-1)?.seq ?? before, 50)).data);
      }
      async function write(writer: number): Promise<void> {
        for (let round = 0; round < 15; round += 1) {
          await store.insertAll(make(1 + ((writer + round) % 5), (index) => message(`follow${writer}-${round}-${index}`)));
        }
      }
      await checkWhile(follow, () => Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write)));
      seen.push(...(await tailAll(store, seen.at(-1)?.seq ?? before)));
      const seqs = seen.map(({ seq }) => seq);
      assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
      assert.equal(new Set(seqs).size, seqs.length);
      assert.deepEqual(idsOf({ data: seen }), idsOf({ data: await tailAll(store, before) }));
      assert.equal(new Set(idsOf({ data: seen })).size, 8 * 45);
    },
  },
  {
    promise: "P15",
    name: "listeners are called after each commit that adds messages, once a read finds these messages",
    async run({ shared }) {
      const { store } = await shared();
      const before = await store.lastSequence();
      const seen: Promise<readonly string[]>[] = [];
      let isOver = false;
      store.onCommitted(() => {
        if (!isOver) seen.push(tailAll(store, before).then((data) => idsOf({ data })));
      });
      for (const [id, expected] of [["heard1", ["heard1"]], ["heard2", ["heard1", "heard2"]]] as const) {
        const heard = seen.length;
        await store.insert(message(id));
        await until(`a listener is called for ${id}`, () => seen.length > heard);
        // It may be called again for an earlier message, or so late that it finds both.
        assert.deepEqual((await Promise.all(seen)).at(-1), expected);
      }
      // Listeners cannot be removed, and other cases use this store.
      isOver = true;
    },
  },
];
