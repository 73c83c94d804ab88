import assert from "node:assert/strict";
import type { KeysetPosition } from "../../../src/core/order.ts";
import { message } from "../../support/store.ts";
import { idsOf, make, assertSame, walkList, type ContractCase } from "./case.ts";
import { FILTERS } from "./list.ts";

const ORDERS = ["asc", "desc"] as const;

/** Keyset pagination: pages that continue after a position. */
export const CURSOR: readonly ContractCase[] = [
  {
    promise: "P12",
    name: "the pages from position to position make up the whole list, each with the total, for every filter",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      for (const [index, filter] of [...FILTERS, { q: "abc" }, { q: "a", from: "+1" }].entries()) {
        const query = { ...filter, limit: 977, order: ORDERS[index % 2] ?? "asc" };
        const pages = walkList(expected, query);
        for await (const page of walkList(store, query)) {
          assertSame(page, (await pages.next()).value, JSON.stringify(query));
        }
        assert.equal((await pages.next()).done, true, JSON.stringify(query));
      }
    },
  },
  {
    promise: "P12",
    name: "a page begins after a position, even if no message is at it, and the offset counts from there",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      const positions: readonly KeysetPosition[] = [
        { key: "2025-01-15T10:00:00", messageId: "Z3" }, { key: "2025-01-15T10:00:00", messageId: "Z3 " }, { key: "2025-01-15T10:00:00", messageId: "" },
        { key: "2025-01-15T10:00:00", messageId: "\uFFFF" }, { key: "2025-01-15T10:00:00", messageId: "\u{10FFFF}" }, { key: "2025-01-15T09:59:59.999999999", messageId: "x" },
        { key: "", messageId: "" }, { key: "0000-01-01T00:00:00", messageId: "" }, { key: "9999-12-31T23:59:59.999999999", messageId: "\u{10FFFF}" },
      ];
      for (const [index, after] of positions.entries()) {
        for (const filter of [{}, { from: "+1" }, { since: "2025-01-15T10:00:00.1Z" }, { from: "+5", until: "2025-01-15T10:00:00.1Z" }, { to: "+100" }, { q: "abcabc" }]) {
          for (const [order, offset] of index % 2 === 0 ? [["asc", 0], ["desc", 1_100]] as const : [["asc", 3], ["desc", 0]] as const) {
            const query = { ...filter, order, after, limit: 2, offset };
            assertSame(await store.list(query), await expected.list(query), JSON.stringify(query));
          }
        }
      }
    },
  },
  {
    promise: "P12",
    name: "a walk returns each message that exists all the time exactly once, whatever arrives meanwhile",
    async run({ shared }) {
      const { store } = await shared();
      for (const [index, [order, more]] of ([["asc", {}], ["desc", {}], ["asc", { q: "hello" }], ["desc", { to: "+14155550100" }]] as const).entries()) {
        const from = `+12${index}`;
        const id = (name: string): string => `walk${index}-${name}`;
        // All have the same time, so only the id decides the order.
        const first = make(30, (index) => message(id(`m${10 + index}`), { from }));
        await store.insertAll(first);
        const seen: string[] = [];
        let round = 0;
        for await (const page of walkList(store, { order, limit: 7, from, ...more })) {
          seen.push(...idsOf(page));
          round += 1;
          if (round <= 3) await store.insertAll([message(id(`m0-${round}`), { from }), message(id(`z-${round}`), { from })]);
        }
        assert.equal(new Set(seen).size, seen.length);
        assert.deepEqual(seen, order === "asc" ? seen.toSorted() : seen.toSorted().toReversed());
        assert.deepEqual(first.map((one) => one.messageId).filter((one) => !seen.includes(one)), []);
      }
    },
  },
];
