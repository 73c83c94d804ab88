import assert from "node:assert/strict";
import type { MessageFilter } from "../../../src/core/filter.ts";
import type { MessageQuery } from "../../../src/core/queries.ts";
import { message } from "../../support/store.ts";
import { idsOf, listIds, assertSame, type ContractCase, type Corpus } from "./case.ts";

const ORDERS = ["asc", "desc"] as const;

/** Filters alone and combined: some match many messages, some few, some none. */
export const FILTERS: readonly MessageFilter[] = [
  {}, { from: "+1" }, { from: "+5" }, { from: "+99" }, { to: "+101" }, { to: "+9" }, { from: "+1", to: "+100" },
  { since: "2025-01-15T10:00:00Z" }, { since: "2025-01-15T10:00:00.000000001Z" }, { since: "2025-02-28T00:00:00.5Z" }, { since: "9999-12-31T23:59:59.999999999Z" },
  { until: "2025-01-15T10:00:00Z" }, { until: "2025-01-15T10:00:00.000000001Z" }, { until: "0000-01-01T00:00:00Z" },
  { since: "2025-01-10T00:00:00Z", until: "2025-02-10T12:34:56.789Z" }, { since: "2025-03-01T00:00:00Z", until: "2025-01-01T00:00:00Z" },
  { from: "+1", since: "2025-01-15T10:00:00Z" }, { from: "+5", until: "2025-01-20T00:00:00Z" }, { from: "+1", since: "2025-01-02T03:00:00Z", until: "2025-01-02T05:30:00Z" },
  { to: "+102", since: "2025-02-01T00:00:00Z" }, { from: "+5", to: "+101", since: "2025-01-05T00:00:00Z", until: "2025-03-05T00:00:00Z", q: "a" },
];

async function assertSamePage({ store, expected }: Corpus, query: MessageQuery): Promise<void> {
  assertSame(await store.list(query), await expected.list(query), JSON.stringify(query));
}

/** Lists by sender, recipient and time. */
export const LIST: readonly ContractCase[] = [
  {
    promise: "P8",
    name: "a list is ordered by time, then by the code points of the id, or in reverse",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+800";
      await store.insertAll([
        message("late", { from, ts: "2025-01-15T10:00:00.5Z" }),
        message("\u{1F600}o", { from, ts: "2025-01-15T10:00:00Z" }),
        message("\uFB00o", { from, ts: "2025-01-15T10:00:00Z" }),
        message("zone", { from, ts: "2025-01-15T15:30:00+05:30" }),
        message("zone\0", { from, ts: "2025-01-15T10:00:00Z" }),
        message("Zone", { from, ts: "2025-01-15T10:00:00Z" }),
        message("leap", { from, ts: "2016-12-31T23:59:60Z" }),
        message("before leap", { from, ts: "2016-12-31T23:59:59.999999999Z" }),
        message("after leap", { from, ts: "2017-01-01T00:00:00Z" }),
        message("year 0", { from, ts: "0000-01-01T00:00:00Z" }),
      ]);
      const expected = ["year 0", "before leap", "leap", "after leap", "Zone", "zone", "zone\0", "\uFB00o", "\u{1F600}o", "late"];
      for (const more of [{}, { q: "hello" }, { q: "l" }, { to: "+14155550100" }]) {
        assert.deepEqual(await listIds(store, { from, ...more }), expected, JSON.stringify(more));
        assert.deepEqual(await listIds(store, { from, ...more, order: "desc" }), expected.toReversed(), JSON.stringify(more));
      }
    },
  },
  {
    promise: "P9",
    name: "since (inclusive) and until (exclusive) compare times, not texts; sender and recipient match exactly",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+900";
      await store.insertAll([
        message("whole", { from, ts: "2025-01-15T10:00:00Z" }),
        message("half", { from, ts: "2025-01-15T10:00:00.5Z" }),
        message("other", { from: "+9000", to: "+900", ts: "2025-01-15T10:00:00Z" }),
      ]);
      const rows: readonly [MessageFilter, readonly string[]][] = [
        [{ since: "2025-01-15T10:00:00Z" }, ["whole", "half"]], [{ since: "2025-01-15T10:00:00.000000001Z" }, ["half"]], [{ since: "2025-01-15T10:00:00.500000001Z" }, []],
        [{ until: "2025-01-15T10:00:00Z" }, []], [{ until: "2025-01-15T10:00:00.000000001Z" }, ["whole"]], [{ until: "2025-01-15T10:00:00.5Z" }, ["whole"]],
        [{ until: "2025-01-15T10:00:01Z" }, ["whole", "half"]], [{ since: "2025-01-15T10:00:00.5Z", until: "2025-01-15T10:00:00.5Z" }, []], [{ to: "+900" }, []],
      ];
      for (const [filter, ids] of rows) assert.deepEqual(await listIds(store, { from, ...filter }), ids, JSON.stringify(filter));
      assert.deepEqual(await listIds(store, { to: "+900" }), ["other"]);
    },
  },
  {
    promise: "P9",
    name: "every filter and every combination returns the matching messages and their number",
    async run({ corpus }) {
      const opened = await corpus();
      for (const [index, filter] of FILTERS.entries()) {
        for (const [limit, offset] of [[5, 0], [100, 650]] as const) {
          await assertSamePage(opened, { ...filter, limit, offset, order: ORDERS[index % 2] ?? "asc" });
        }
      }
    },
  },
  {
    promise: "P11",
    name: "a page at any offset, small or large, in either direction, is that part of the list",
    async run({ corpus }) {
      const opened = await corpus();
      for (const filter of [{}, { from: "+1" }, { since: "2025-01-15T10:00:00.000000001Z" }, { from: "+1", since: "2025-01-15T10:00:00Z" }, { until: "2025-02-01T00:00:00Z" }]) {
        const { total } = await opened.expected.list({ ...filter, limit: 1, offset: 0 });
        for (const order of ORDERS) {
          for (const offset of [0, 999, 1_001, 1_400, 2_050, total - 3, total - 1, total, total + 1].filter((offset) => offset >= 0)) {
            await assertSamePage(opened, { ...filter, order, limit: 3, offset });
          }
        }
      }
    },
  },
  {
    promise: "P11",
    name: "a page has the total, and the position of its end only if more messages follow",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+110";
      await store.insertAll(["a", "b", "c"].map((id) => message(`page ${id}`, { from })));
      const key = "2025-01-15T10:00:00";
      for (const more of [{}, { q: "hello" }]) {
        const query = { from, ...more };
        const first = await store.list({ ...query, limit: 2, offset: 0 });
        assert.deepEqual([idsOf(first), first.total, first.next], [["page a", "page b"], 3, { key, messageId: "page b" }]);
        for (const [limit, offset, ids] of [[3, 0, ["page a", "page b", "page c"]], [2, 1, ["page b", "page c"]], [5, 3, []], [5, 99, []]] as const) {
          const page = await store.list({ ...query, limit, offset });
          assert.deepEqual([idsOf(page), page.total, page.next], [ids, 3, undefined], `${limit}, ${offset}`);
        }
        const none = await store.list({ ...query, from: "+111", limit: 1, offset: 0 });
        assert.deepEqual(none, { data: [], total: 0 });
      }
    },
  },
];
