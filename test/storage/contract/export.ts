import assert from "node:assert/strict";
import { message } from "../../support/store.ts";
import { exportAll, make, assertSame, type ContractCase } from "./case.ts";
import { FILTERS } from "./list.ts";

const ORDERS = ["asc", "desc"] as const;
const EVERYTHING = Number.MAX_SAFE_INTEGER;

/** Exporting all messages in short reads. */
export const EXPORT: readonly ContractCase[] = [
  {
    promise: "P13",
    name: "the pages of an export together are the whole list in its order, for every filter, with payloads if requested",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      for (const [index, filter] of [...FILTERS, { q: "ABC" }, { q: "a", from: "+1" }, { q: "nowhere" }].entries()) {
        const query = { ...filter, order: ORDERS[index % 2] ?? "asc", payload: index % 3 === 0, upTo: EVERYTHING };
        assertSame(await exportAll(store, query), await exportAll(expected, query), JSON.stringify(query));
      }
    },
  },
  {
    promise: "P13",
    name: "an export continues after a position, even if no message is at it",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      for (const after of [{ key: "2025-01-15T10:00:00", messageId: "Z3" }, { key: "2025-01-15T10:00:00", messageId: "Z3 " }, { key: "2025-01-15T10:00:00", messageId: "\u{10FFFF}" }]) {
        for (const filter of [{ from: "+5" }, { since: "2025-01-15T10:00:00.1Z", to: "+100" }, { until: "2025-01-15T09:00:00Z", to: "+101" }]) {
          for (const order of ORDERS) {
            const query = { ...filter, order, after, upTo: EVERYTHING };
            assertSame(await exportAll(store, query), await exportAll(expected, query), JSON.stringify(query));
          }
        }
      }
    },
  },
  {
    promise: "P13",
    name: "an export leaves out messages that arrive after it began, and keeps the others in order",
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
      assertSame([...first.data, ...(await exportAll(store, { from, upTo, after: first.next }))], before, "the rest");
      assert.equal((await exportAll(store, { from, upTo: EVERYTHING })).length, 1_000);
    },
  },
  {
    promise: "P13",
    name: "a page has at most 256 messages, fewer if they are large, and ends even if it finds none",
    async run({ corpus, shared }) {
      const opened = await corpus();
      assert.equal((await opened.store.exportPage({ from: "+1", upTo: EVERYTHING })).data.length, 256);
      const empty = await opened.store.exportPage({ q: "nowhere", upTo: EVERYTHING });
      assert.deepEqual([empty.data.length, empty.next === undefined], [0, false], "one read does not scan 2,700 messages");
      const { store } = await shared();
      await store.insertAll(make(40, (index) => message(`large${index}`, { from: "+131", text: "\u{1F600}".repeat(4_096) })));
      const large = await store.exportPage({ from: "+131", upTo: EVERYTHING });
      assert.ok(large.data.length <= 32 && large.next !== undefined, `${large.data.length} messages of 16 KB`);
      assert.equal((await exportAll(store, { from: "+131", upTo: EVERYTHING })).length, 40);
    },
  },
];
