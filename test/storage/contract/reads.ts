import assert from "node:assert/strict";
import { ReadCancelled, StoreUnavailable } from "../../../src/core/store.ts";
import { message } from "../../support/store.ts";
import { exportAll, idsOf, make, tailAll, type ContractCase } from "./case.ts";

const LOOKUP = { limit: 1, offset: 0, from: "+1" };
const SEARCH = { limit: 1, offset: 0, from: "+5", q: "grü" };

/** Payloads, and the limits of waiting reads. */
export const READS: readonly ContractCase[] = [
  {
    promise: "P18",
    name: "the payload of a message is the one stored with its first copy; a native message has none",
    async run({ shared }) {
      const { store } = await shared();
      const payload = JSON.stringify({ text: "\0\u{1F600}", list: [1, null] });
      await store.insertAll([{ ...message("payload"), payload }, message("native")]);
      await store.insertAll([{ ...message("payload"), payload: "{}" }, { ...message("native"), payload: "{}" }]);
      assert.deepEqual([await store.payload("payload"), await store.payload("native"), await store.payload("unknown")], [payload, undefined, undefined]);
    },
  },
  {
    promise: "P18",
    name: "a page with large payloads ends early if payloads are requested, and all messages arrive page by page",
    async run({ shared }) {
      const { store } = await shared();
      const [before, from] = [await store.lastSequence(), "+180"];
      const messages = make(12, (index) => ({ ...message(`heavy${10 + index}`, { from }), payload: JSON.stringify("x".repeat(60_000)) }));
      await store.insertAll(messages);
      const upTo = await store.lastSequence();
      const [page, exported] = [await store.since(before, 100, { payload: true }), await store.exportPage({ from, upTo, payload: true })];
      for (const { data } of [page, exported]) assert.ok(data.length <= 4, `${data.length} payloads of 60 KB`);
      assert.deepEqual([page.more, exported.next !== undefined], [true, true]);
      const ids = messages.map(({ messageId }) => messageId);
      assert.deepEqual(idsOf({ data: await tailAll(store, before, { payload: true }) }), ids);
      assert.deepEqual(idsOf({ data: await exportAll(store, { from, upTo, payload: true }) }), ids);
      assert.deepEqual([(await store.since(before, 100)).data.length, (await store.exportPage({ from, upTo })).data.length], [12, 12]);
    },
  },
  {
    promise: "P19",
    name: "at least a hundred reads may wait, further ones are refused at once, and meanwhile messages are stored and the store is ready",
    async run({ corpus, shared }) {
      const { store } = await corpus();
      for (const query of [LOOKUP, SEARCH]) {
        const expected = await store.list(query);
        const reads = make(300, () => message("")).map(() => store.list(query));
        const ready = store.check();
        const [settled, reasons] = await Promise.all([Promise.allSettled(reads), ready]);
        const refused = settled.filter((read) => read.status === "rejected");
        assert.deepEqual(reasons, []);
        assert.ok(refused.length > 0 && refused.length <= 200, `${refused.length} of 300 reads were refused`);
        for (const read of settled) {
          if (read.status === "rejected") assert.ok(read.reason instanceof StoreUnavailable, String(read.reason));
          else assert.deepEqual(read.value, expected);
        }
      }
      const writable = (await shared()).store;
      const reads = make(300, () => message("")).map(() => writable.list(SEARCH).catch(() => undefined));
      assert.equal(await writable.insert(message("beside reads")), "created");
      await Promise.all(reads);
    },
  },
  {
    promise: "P20",
    name: "a running or waiting read whose signal is aborted is cancelled, and another read may take its place",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      const leaving = new AbortController();
      const { signal } = leaving;
      const reads = [
        ...make(90, () => message("")).map(() => store.list(SEARCH, { signal })),
        store.exportPage({ q: "nowhere", upTo: Number.MAX_SAFE_INTEGER }, { signal }),
        store.stats({ signal }),
        store.timeline({ bucket: "hour", limit: 9 }, { signal }),
      ];
      leaving.abort();
      for (const read of await Promise.allSettled(reads)) assert.ok(read.status === "rejected" && read.reason instanceof ReadCancelled);
      await assert.rejects(store.list(SEARCH, { signal }), ReadCancelled);
      const others = await Promise.all(make(90, () => message("")).map(() => store.list(SEARCH)));
      assert.deepEqual(others[89], await expected.list(SEARCH));
      assert.deepEqual(await store.list(LOOKUP, { signal: new AbortController().signal }), await expected.list(LOOKUP));
    },
  },
];
