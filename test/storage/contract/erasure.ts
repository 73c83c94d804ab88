import assert from "node:assert/strict";
import type { Message } from "../../../src/core/message.ts";
import { message } from "../../support/store.ts";
import { exportAll, idsOf, listIds, make, tailAll, totalOf, type ContractCase } from "./case.ts";

const MESSAGES: readonly Message[] = make(900, (index) => ({
  ...message(`m${index}`, { from: `+${index % 3}`, ts: `2025-01-1${index % 4}T1${index % 7}:00:00Z`, text: index % 5 === 0 ? null : `text ${index}` }),
  ...(index % 2 === 0 && { payload: `{"n":${index}}` }),
}));

/** Erasing messages. */
export const ERASURE: readonly ContractCase[] = [
  {
    promise: "P22",
    name: "an erased message or sender disappears from every read, and later copies are duplicates, in the next process too",
    async run({ open }) {
      const opened = await open();
      const { store } = opened;
      await store.insertAll(MESSAGES);
      for (const messageId of ["m0", "m501", "m899", "m504"]) assert.equal(await store.erase({ messageId }), 1, messageId);
      assert.deepEqual([await store.erase({ messageId: "m501" }), await store.erase({ messageId: "never" }), await store.erase({ from: "+7" })], [0, 0, 0]);
      assert.equal(await store.erase({ from: "+1" }), 300);
      const left = MESSAGES.filter(({ messageId, from }) => from !== "+1" && !["m0", "m501", "m899", "m504"].includes(messageId)).map(({ messageId }) => messageId);
      for (const process of ["this", "next"]) {
        const { store } = process === "this" ? opened : await opened.reopen();
        assert.deepEqual([await totalOf(store), await totalOf(store, { from: "+1" }), await totalOf(store, { q: "text 501" }), store.count()], [left.length, 0, 0, left.length]);
        assert.deepEqual([await store.get("m1"), await store.payload("m504"), await store.payload("m506")], [undefined, undefined, '{"n":506}']);
        assert.deepEqual(idsOf({ data: await tailAll(store) }), left);
        assert.deepEqual((await exportAll(store, { upTo: Number.MAX_SAFE_INTEGER })).map((row) => row.message_id).toSorted(), left.toSorted());
        const { total_messages: total, senders_count: senders, messages_per_sender: largest } = await store.stats();
        assert.deepEqual([total, senders, largest], [left.length, 2, [{ from: "+2", count: 299 }, { from: "+0", count: 297 }]]);
        assert.deepEqual(idsOf(await store.listReceived({ order: "received", limit: 1_000, offset: 0 })), left);
        assert.deepEqual(await store.timeline({ bucket: "day", limit: 9, from: "+1" }), { data: [], truncated: false });
        const { data } = await store.timeline({ bucket: "day", limit: 9 });
        assert.equal(data.reduce((sum, { count }) => sum + count, 0), left.length);
        assert.deepEqual(await store.insertAll([message("m1", { from: "+1" }), message("m501", { text: "other" })]), ["duplicate", "duplicate"]);
        assert.equal(await store.get("m1"), undefined);
      }
    },
  },
  {
    promise: "P22",
    name: "an erasure removes every message delivered before it, and a delivery during it is accepted",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+220";
      const delivered = store.insertAll(make(50, (index) => message(`before${index}`, { from })));
      await delivered;
      const erased = store.erase({ from });
      const after = store.insertAll([message("after", { from })]);
      assert.deepEqual([await after, await totalOf(store, { from, until: "0000-01-01T00:00:00Z" })], [["created"], 0]);
      assert.ok([50, 51].includes(await erased));
      assert.deepEqual((await listIds(store, { from })).filter((id) => id.startsWith("before")), []);
    },
  },
  {
    promise: "P23",
    name: "a seq is never reused, even if the newest message is erased",
    async run({ open }) {
      const first = await open();
      await first.store.insertAll([message("a"), message("b")]);
      const last = await first.store.lastSequence();
      await first.store.erase({ messageId: "b" });
      assert.equal(await first.store.lastSequence(), last);
      await first.store.insert(message("c"));
      const seqs = (await tailAll(first.store)).map(({ seq }) => seq);
      assert.ok((seqs[1] ?? 0) > last);
      await first.store.erase({ messageId: "c" });
      const { store } = await first.reopen();
      assert.equal(await store.lastSequence(), seqs[1]);
      await store.insert(message("d"));
      assert.ok((await store.lastSequence()) > (seqs[1] ?? 0));
      assert.deepEqual(idsOf({ data: await tailAll(store) }), ["a", "d"]);
    },
  },
];
