import assert from "node:assert/strict";
import { MAX_WAITING_MESSAGES } from "../../../src/storage/shared/group-commit.ts";
import { message } from "../../support/store.ts";
import { idsOf, listIds, make, tailAll, totalOf, type ContractCase } from "./case.ts";

/** A database that refuses writes, or takes time for them. */
export const FAULTS: readonly ContractCase[] = [
  {
    promise: "P4",
    name: "if a commit fails, all its messages are unavailable and none is stored; once commits succeed, the messages are accepted",
    async run({ open }) {
      const opened = await open();
      const { store, observed } = opened;
      await store.insert(message("before"));
      const repair = await opened.failCommits();
      const single = await Promise.all(make(20, (index) => message(`m${index}`)).map((one) => store.insert(one)));
      const delivery = await store.insertAll([message("d1"), message("d2"), message("before")]);
      assert.deepEqual(new Set([...single, ...delivery]), new Set(["unavailable"]));
      assert.deepEqual([observed.committed.length, observed.failed.reduce((sum, size) => sum + size, 0), store.queueDepth()], [1, 23, 0]);
      assert.deepEqual([await listIds(store), store.count(), (await store.stats()).total_messages, idsOf({ data: await tailAll(store) })], [["before"], 1, 1, ["before"]]);
      await repair();
      assert.deepEqual(await store.insertAll([message("m0"), message("d1")]), ["created", "created"]);
      assert.deepEqual(await listIds(store), ["before", "d1", "m0"]);
    },
  },
  {
    promise: "P5",
    name: `up to ${MAX_WAITING_MESSAGES} messages wait for their commit; any more are unavailable at once and not stored`,
    async run({ shared }) {
      const { store } = await shared();
      const [count, from] = [store.count(), "+50"];
      const outcomes = await Promise.all(make(MAX_WAITING_MESSAGES + 10, (index) => message(`wait${index}`, { from })).map((one) => store.insert(one)));
      assert.deepEqual(outcomes.slice(MAX_WAITING_MESSAGES), Array(10).fill("unavailable"));
      assert.deepEqual(new Set(outcomes.slice(0, MAX_WAITING_MESSAGES)), new Set(["created"]));
      assert.deepEqual([await totalOf(store, { from }), store.count() - count, store.queueDepth()], [MAX_WAITING_MESSAGES, MAX_WAITING_MESSAGES, 0]);
      assert.equal(await store.insert(message("after those that waited")), "created");
    },
  },
  {
    promise: "P24",
    name: "while the database refuses writes, the store is not ready, gives a reason, stores nothing and still reads; afterwards it is ready again",
    async run({ open }) {
      const { store, refuseWrites } = await open();
      await store.insert(message("before"));
      const allow = await refuseWrites();
      const reasons = await store.check();
      assert.ok(reasons.length > 0 && reasons.every((reason) => reason !== ""), JSON.stringify(reasons));
      assert.equal(await store.insert(message("refused")), "unavailable");
      assert.deepEqual(await listIds(store), ["before"]);
      await allow();
      assert.deepEqual([await store.check(), await store.insert(message("refused")), await listIds(store)], [[], "created", ["before", "refused"]]);
    },
  },
  {
    promise: "P24",
    name: "a working store is ready, and reports the sizes that it knows",
    async run({ shared }) {
      const { store } = await shared();
      assert.deepEqual(await Promise.all([store.check(), store.check()]), [[], []]);
      for (const size of Object.values(await store.sizes())) assert.ok(size > 0);
    },
  },
];
