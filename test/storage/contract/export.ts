import assert from "node:assert/strict";
import { message } from "../../support/store.ts";
import { exportAll, make, requireSame, type ContractCase } from "./case.ts";
import { FILTERS } from "./list.ts";

const ORDERS = ["asc", "desc"] as const;
const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** All messages in short reads. */
export const EXPORT: readonly ContractCase[] = [
  {
    promise: "P13",
    name: "the pages of an export together are the whole list in its order, under every filter, with payloads if asked for",
    async run({ library }) {
      const { store, expected } = await library();
      for (const [index, filter] of [...FILTERS, { q: "ABC" }, { q: "a", from: "+1" }, { q: "nowhere" }].entries()) {
        const query = { ...filter, order: ORDERS[index % 2] ?? "asc", payload: index % 3 === 0, upTo: EVERYTHING };
        requireSame(await exportAll(store, query), await exportAll(expected, query), JSON.stringify(query));
      }
    },
  },
  {
    promise: "P13",
    name: "an export continues after a position, also if no message has it",
    async run({ library }) {
      const { store, expected } = await library();
      for (const after of [{ key: "2025-01-15T10:00:00", messageId: "Z3" }, { key: "2025-01-15T10:00:00", messageId: "Z3 " }, { key: "2025-01-15T10:00:00", messageId: "\u{10FFFF}" }]) {
        for (const filter of [{ from: "+5" }, { since: "2025-01-15T10:00:00.1Z", to: "+100" }, { until: "2025-01-15T09:00:00Z", to: "+101" }]) {
          for (const order of ORDERS) {
            const query = { ...filter, order, after, upTo: EVERYTHING };
            requireSame(await exportAll(store, query), await exportAll(expected, query), JSON.stringify(query));
          }
        }
      }
    },
  },
  {
    promise: "P13",
    name: "what comes after an export has begun is left out, and what it meets stays in its order",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+130";
      const messages = make(700, (index) => message(`export${(index * 7_919) % 700}`, { from, ts: `2025-01-15T10:00:00.${1 + (index % 9)}Z` }));
      await store.insertAll(messages);
      const upTo = await store.lastSequence();
      const before = await exportAll(store, { from, upTo });
      assert.equal(before.length, 700);
      const first = await store.exportPage({ from, upTo });
      assert.ok(first.next !== undefined);
      await store.insertAll(make(300, (index) => message(`export later ${index}`, { from, ts: `2025-01-15T10:00:00.${1 + (index % 9)}5Z` })));
      requireSame([...first.data, ...(await exportAll(store, { from, upTo, after: first.next }))], before, "the rest");
      assert.equal((await exportAll(store, { from, upTo: EVERYTHING })).length, 1_000);
    },
  },
  {
    promise: "P13",
    name: "a page holds at most 256 messages, of large ones fewer, and ends also if it finds none",
    async run({ library, shared }) {
      const books = await library();
      assert.equal((await books.store.exportPage({ from: "+1", upTo: EVERYTHING })).data.length, 256);
      const empty = await books.store.exportPage({ q: "nowhere", upTo: EVERYTHING });
      assert.deepEqual([empty.data.length, empty.next === undefined], [0, false], "2,700 messages are not looked at in one read");
      const { store } = await shared();
      await store.insertAll(make(40, (index) => message(`large${index}`, { from: "+131", text: "\u{1F600}".repeat(4_096) })));
      const large = await store.exportPage({ from: "+131", upTo: EVERYTHING });
      assert.ok(large.data.length <= 32 && large.next !== undefined, `${large.data.length} messages of 16 KB`);
      assert.equal((await exportAll(store, { from: "+131", upTo: EVERYTHING })).length, 40);
    },
  },
];
