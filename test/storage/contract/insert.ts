import assert from "node:assert/strict";
import { message } from "../../support/store.ts";
import { exportAll, idsOf, listIds, checkWhile, make, tailAll, totalOf, type ContractCase } from "./case.ts";

/** Storing messages, and the outcomes of it. */
export const INSERT: readonly ContractCase[] = [
  {
    promise: "P1",
    name: "of many concurrent copies of a message one is created, the others are duplicates, and there is one row",
    async run({ shared }) {
      const { store } = await shared();
      const [before, from] = [await store.lastSequence(), "+10"];
      const single = make(100, () => message("copies", { from })).map((one) => store.insert(one));
      const inDeliveries = make(50, () => message("copies", { from })).map((one) => store.insertAll([one, one]));
      const outcomes = [await Promise.all(single), await Promise.all(inDeliveries)].flat(2);
      assert.deepEqual(outcomes.toSorted(), ["created", ...Array<string>(199).fill("duplicate")]);
      assert.equal(await totalOf(store, { from }), 1);
      assert.deepEqual(idsOf({ data: await tailAll(store, before) }), ["copies"]);
    },
  },
  {
    promise: "P1",
    name: "of concurrent messages with the same id and different contents, the created one is the stored one",
    async run({ shared }) {
      const { store } = await shared();
      const messages = make(60, (index) => message("contents", { text: `text ${index}` }));
      const outcomes = await Promise.all(messages.map((one) => store.insert(one)));
      assert.deepEqual(outcomes.toSorted(), [...Array<string>(59).fill("conflict"), "created"]);
      assert.equal((await store.get("contents"))?.text, messages[outcomes.indexOf("created")]?.text);
    },
  },
  {
    promise: "P1",
    name: "a repeat is a conflict if any field except the payload differs, and changes nothing",
    async run({ shared }) {
      const { store } = await shared();
      const first = { ...message("repeat", { ts: "2025-01-15T15:30:00+05:30" }), payload: '{"a":1}' };
      assert.equal(await store.insert(first), "created");
      const [stored, count] = [await store.get("repeat"), store.count()];
      for (const fields of [{ from: "+1" }, { to: "+1" }, { ts: "2025-01-15T10:00:00.000000001Z" }, { text: "hello" }, { text: null }, { text: "" }]) {
        assert.equal(await store.insert(message("repeat", fields)), "conflict", JSON.stringify(fields));
      }
      assert.equal(await store.insert({ ...message("repeat", { ts: "2025-01-15T10:00:00.000Z" }), payload: '{"a":2}' }), "duplicate");
      assert.deepEqual([await store.get("repeat"), await store.payload("repeat"), store.count()], [stored, '{"a":1}', count]);
      assert.deepEqual(await store.insertAll([message("repeat"), message("repeat2"), message("repeat2", { text: "other" }), message("repeat2")]),
        ["duplicate", "created", "conflict", "duplicate"]);
      assert.equal(await store.insert(message("repeat3", { text: null })), "created");
      assert.equal(await store.insert(message("repeat3", { text: "" })), "conflict");
    },
  },
  {
    promise: "P1",
    name: "ids that look alike are different messages",
    async run({ shared }) {
      const { store } = await shared();
      const ids = ["a", "A", "a ", " a", "a\0", "\0a", "\u00e4", "a\u0308", "%", "_", "\\", "'", "1", "01", "1.0", "null", "\ufeff", "\ufeffa", "\u{1F600}", "k", "\u212a"];
      assert.deepEqual(await store.insertAll(ids.map((id) => message(id))), ids.map(() => "created"));
      for (const id of ids) assert.equal((await store.get(id))?.message_id, id);
      assert.equal(await store.get("aa"), undefined);
      assert.deepEqual(await store.insertAll(ids.map((id) => message(id))), ids.map(() => "duplicate"));
    },
  },
  {
    promise: "P2",
    name: "the messages of a delivery share one transaction, and each has its own outcome",
    async run({ shared }) {
      const { store, observed } = await shared();
      const before = observed.committed.length;
      assert.deepEqual(await store.insertAll(make(1_500, (index) => message(`delivery${index}`))), Array<string>(1_500).fill("created"));
      assert.deepEqual(observed.committed.slice(before), [1_500]);
      assert.deepEqual(await store.insertAll([]), []);
    },
  },
  {
    promise: "P2",
    name: "no read sees only a part of a delivery",
    async run({ shared }) {
      const { store } = await shared();
      const before = await store.lastSequence();
      async function check(): Promise<void> {
        const { data, total } = await store.list({ limit: 100, offset: 0, from: "+20" });
        assert.equal(total % 10, 0, `${total} messages are listed`);
        assert.equal(data.length, total);
        assert.equal((await tailAll(store, before)).length % 10, 0);
      }
      await checkWhile(check, async () => {
        for (let round = 0; round < 10; round += 1) {
          await store.insertAll(make(10, (index) => message(`part${round}-${index}`, { from: "+20" })));
        }
      });
      assert.equal(await totalOf(store, { from: "+20" }), 100);
    },
  },
  {
    promise: "P3",
    name: "every read finds the messages that were created before it began",
    async run({ shared }) {
      const { store } = await shared();
      const [last, count, { senders_count: senders }] = [await store.lastSequence(), store.count(), await store.stats()];
      for (let round = 1; round <= 20; round += 1) {
        const [id, from, text] = [`found${round}`, `+30${round}`, `word${round}x`];
        assert.equal(await store.insert(message(id, { from, text })), "created");
        assert.equal(store.count(), count + round);
        const [got, total, ofSender, found, stats, tail, newest, exported] = await Promise.all([
          store.get(id), totalOf(store), listIds(store, { from }), listIds(store, { q: text.toUpperCase() }), store.stats(), tailAll(store, last),
          store.lastSequence(), exportAll(store, { from, upTo: Number.MAX_SAFE_INTEGER }),
        ]);
        assert.deepEqual([got?.message_id, total, ofSender, found, idsOf({ data: exported })], [id, count + round, [id], [id], [id]]);
        assert.deepEqual([stats.total_messages, stats.senders_count, tail.length], [count + round, senders + round, round]);
        assert.equal(tail.at(-1)?.seq, newest);
      }
    },
  },
  {
    promise: "P3",
    name: "the next process finds the messages that were created before, and their repeats are duplicates",
    async run({ open }) {
      const first = await open();
      const messages = make(300, (index) => message(`m${index}`, { from: `+${index % 3}`, text: index % 5 === 0 ? null : `text ${index}` }));
      await first.store.insertAll(messages);
      const before = [await first.store.list({ limit: 300, offset: 0 }), await tailAll(first.store), await first.store.stats()];
      const { store } = await first.reopen();
      assert.equal(store.count(), 300);
      assert.deepEqual([await store.list({ limit: 300, offset: 0 }), await tailAll(store), await store.stats()], before);
      assert.deepEqual(await listIds(store, { q: "TEXT 17" }), ["m17", "m171", "m172", "m173", "m174", "m176", "m177", "m178", "m179"]);
      assert.deepEqual(new Set(await store.insertAll(messages)), new Set(["duplicate"]));
    },
  },
  {
    promise: "P7",
    name: "messages that arrive together share a commit, and wait in the queue until then",
    async run({ shared }) {
      const { store, observed } = await shared();
      const before = observed.committed.length;
      const inserted = make(100, (index) => message(`together${index}`)).map((one) => store.insert(one));
      assert.equal(store.queueDepth(), 100);
      await Promise.all(inserted);
      assert.equal(store.queueDepth(), 0);
      const commits = observed.committed.slice(before);
      assert.equal(commits.reduce((sum, size) => sum + size, 0), 100);
      assert.ok(commits.length < 10, `100 messages took ${commits.length} commits`);
    },
  },
];
