import assert from "node:assert/strict";
import type { MessageFilter } from "../../../src/core/filter.ts";
import type { ReceivedPage, ReceivedQuery } from "../../../src/core/queries.ts";
import type { MessageStore } from "../../../src/core/store.ts";
import { message } from "../../support/store.ts";
import { idsOf, assertSame, type ContractCase } from "./case.ts";

const ORDERS = ["received", "received-desc"] as const;

/** Filters alone and combined: some match many messages, some few, some none. */
const FILTERS: readonly MessageFilter[] = [
  {}, { from: "+1" }, { from: "+5" }, { from: "+99" }, { to: "+101" }, { from: "+1", to: "+100" }, { q: "e" }, { q: "abc" }, { q: "SURE_" }, { q: "nowhere" },
  { since: "2025-01-15T10:00:00Z" }, { until: "2025-01-15T10:00:00.000000001Z" }, { since: "2025-01-10T00:00:00Z", until: "2025-02-10T12:34:56.789Z" },
  { since: "2025-03-01T00:00:00Z", until: "2025-01-01T00:00:00Z" }, { from: "+5", until: "2025-01-20T00:00:00Z" }, { from: "+1", q: "a", since: "2025-01-02T00:00:00Z" },
  { from: "+5", to: "+101", since: "2025-01-05T00:00:00Z", until: "2025-03-05T00:00:00Z", q: "a" },
];

async function* walk(store: MessageStore, query: Omit<ReceivedQuery, "offset" | "after">): AsyncGenerator<ReceivedPage> {
  let after: number | undefined;
  do {
    const page: ReceivedPage = await store.listReceived({ ...query, offset: 0, ...(after !== undefined && { after }) });
    yield page;
    after = page.next;
  } while (after !== undefined);
}

async function readAll(store: MessageStore, query: Omit<ReceivedQuery, "offset" | "after">): Promise<{ readonly ids: readonly string[]; readonly totals: readonly number[] }> {
  const pages: ReceivedPage[] = [];
  for await (const page of walk(store, query)) pages.push(page);
  return { ids: pages.flatMap(idsOf), totals: pages.map(({ total }) => total) };
}

/** Lists in the order of receipt, and timelines with filters. */
export const RECEIVED: readonly ContractCase[] = [
  {
    promise: "P8",
    name: "a list in the order of receipt is in the order of commits, or in reverse, whatever the dates of the messages",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+801";
      const dated = [["received a", "2099-12-31T00:00:00Z"], ["received b", "2025-01-15T10:00:00Z"], ["received c", "0000-01-01T00:00:00Z"]] as const;
      for (const [id, ts] of dated) await store.insert(message(id, { from, ts }));
      await store.insertAll([message("received e", { from }), message("received d", { from })]);
      const ids = ["received a", "received b", "received c", "received e", "received d"];
      for (const filter of [{}, { q: "hello" }, { to: "+14155550100" }]) {
        const query = { ...filter, from, limit: 10, offset: 0 };
        assert.deepEqual(idsOf(await store.listReceived({ ...query, order: "received" })), ids, JSON.stringify(filter));
        assert.deepEqual(idsOf(await store.listReceived({ ...query, order: "received-desc" })), ids.toReversed(), JSON.stringify(filter));
      }
    },
  },
  {
    promise: "P8",
    name: "pages in the order of receipt return each message once, and each page has the exact total",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      for (const filter of FILTERS) {
        for (const order of ORDERS) {
          const query = { ...filter, order, limit: 500 };
          assertSame(await readAll(store, query), await readAll(expected, query), JSON.stringify(query));
          const { next: _next, ...page } = await store.listReceived({ ...query, limit: 3, offset: 7 });
          const { next: _expectedNext, ...expectedPage } = await expected.listReceived({ ...query, limit: 3, offset: 7 });
          assert.deepEqual(page, expectedPage, JSON.stringify(query));
        }
      }
    },
  },
  {
    promise: "P8",
    name: "a message that arrives during a walk in the order of receipt comes at the end, and never among older messages",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+802";
      await store.insertAll([message("later a", { from }), message("later b", { from }), message("later c", { from })]);
      const newest = await store.listReceived({ from, order: "received-desc", limit: 1, offset: 0 });
      const oldest = await store.listReceived({ from, order: "received", limit: 2, offset: 0 });
      await store.insert(message("later d", { from, ts: "2000-01-01T00:00:00Z" }));
      const older = await store.listReceived({ from, order: "received-desc", limit: 5, offset: 0, after: newest.next ?? 0 });
      const newer = await store.listReceived({ from, order: "received", limit: 5, offset: 0, after: oldest.next ?? 0 });
      assert.deepEqual([idsOf(older), idsOf(newer)], [["later b", "later a"], ["later c", "later d"]]);
    },
  },
  {
    promise: "P17",
    name: "a timeline counts exactly the messages that match its filters",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      for (const filter of FILTERS) {
        for (const bucket of ["hour", "day"] as const) {
          for (const limit of [2, 10_000]) {
            const query = { ...filter, bucket, limit };
            assert.deepEqual(await store.timeline(query), await expected.timeline(query), JSON.stringify(query));
          }
        }
      }
    },
  },
];
