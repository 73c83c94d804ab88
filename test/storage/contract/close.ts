import assert from "node:assert/strict";
import { ReadCancelled, StoreUnavailable } from "../../../src/core/store.ts";
import { message } from "../../support/store.ts";
import { listIds, make, type ContractCase } from "./case.ts";

/** Closing a store. */
export const CLOSE: readonly ContractCase[] = [
  {
    promise: "P26",
    name: "a commit and the next process keep the generation",
    async run({ open }) {
      const opened = await open();
      const { generation, former } = await opened.store.history();
      assert.ok(generation !== "" && !former.has(generation));
      assert.equal(await opened.store.insert(message("m1")), "created");
      assert.deepEqual(await opened.store.history(), { generation, former });
      const { store } = await opened.reopen();
      assert.deepEqual(await store.history(), { generation, former });
    },
  },
  {
    promise: "P25",
    name: "close, called once or twice, commits accepted messages first; later messages are unavailable, and reads reject",
    async run({ open }) {
      const opened = await open();
      const { store } = opened;
      const before = make(300, (index) => message(`before${index}`)).map((one) => store.insert(one));
      const delivery = store.insertAll(make(50, (index) => message(`delivery${index}`)));
      const closing = store.close();
      const after = [store.insert(message("after")), store.insertAll([message("after too"), message("and this")])] as const;
      assert.deepEqual(new Set([...(await Promise.all(before)), ...(await delivery)]), new Set(["created"]));
      assert.deepEqual(await Promise.all(after), ["unavailable", ["unavailable", "unavailable"]]);
      await Promise.all([closing, store.close()]);
      await store.close();
      assert.equal(await store.insert(message("late")), "unavailable");
      await assert.rejects(store.list({ limit: 1, offset: 0 }), (error) => error instanceof StoreUnavailable || error instanceof ReadCancelled);
      await assert.rejects(store.erase({ messageId: "m1" }), StoreUnavailable);
      const next = await opened.reopen();
      assert.equal(next.store.count(), 350);
      assert.deepEqual(await listIds(next.store, { q: "hello", offset: 349 }), ["delivery9"]);
      assert.equal(await next.store.get("after"), undefined);
    },
  },
];
