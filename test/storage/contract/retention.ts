import assert from "node:assert/strict";
import { message } from "../../support/store.ts";
import { until } from "../../support/until.ts";
import { exportAll, listIds, make, NOW_MS, tailAll, type ContractCase, type OpenedStore } from "./case.ts";

const DAY_MS = 86_400_000;

async function untilRemoved({ observed }: OpenedStore, count: number): Promise<void> {
  await until(`${count} messages are removed`, () => observed.removed.reduce((sum, one) => sum + one, 0) >= count);
}

/** Removing messages that are too old. */
export const RETENTION: readonly ContractCase[] = [
  {
    promise: "P21",
    name: "messages disappear from every read N days after their receipt, whatever their ts, and their ids stay known",
    async run({ open }) {
      let nowMs = NOW_MS;
      const clock = { nowMs: () => nowMs };
      const first = await open({ clock });
      const old = make(300, (index) => ({ ...message(`old${index}`, { from: `+${index % 3}`, ts: "2030-01-01T00:00:00Z", text: `word ${index}` }), payload: "{}" }));
      await first.store.insertAll(old);
      nowMs += 5 * DAY_MS;
      await first.store.insertAll(make(40, (index) => message(`young${index}`, { from: "+9", ts: "2020-01-01T00:00:00Z", text: `word ${index}` })));
      nowMs += 2 * DAY_MS + 1;

      const opened = await first.reopen({ clock, retentionDays: 7 });
      const { store } = opened;
      await untilRemoved(opened, 300);
      assert.equal(opened.observed.removed.reduce((sum, one) => sum + one, 0), 300);
      assert.equal(store.count(), 40);
      assert.deepEqual(new Set((await listIds(store)).map((id) => id.replace(/\d+/, ""))), new Set(["young"]));
      assert.deepEqual([(await listIds(store, { q: "word" })).length, await listIds(store, { from: "+1" }), await store.get("old1"), await store.payload("old1")], [40, [], undefined, undefined]);
      assert.deepEqual([(await tailAll(store)).length, (await exportAll(store, { upTo: Number.MAX_SAFE_INTEGER })).length], [40, 40]);
      const day = "2020-01-01T00:00:00Z";
      assert.deepEqual(await store.stats(), { total_messages: 40, senders_count: 1, messages_per_sender: [{ from: "+9", count: 40 }], first_message_ts: day, last_message_ts: day });
      assert.deepEqual(await store.timeline({ bucket: "day", limit: 9 }), { data: [{ start: day, count: 40 }], truncated: false });

      assert.deepEqual(await store.insertAll([message("old1"), message("young1"), message("new")]), ["duplicate", "conflict", "created"]);
    },
  },
  {
    promise: "P23",
    name: "a seq is never reused, even if all messages are removed",
    async run({ open }) {
      const first = await open();
      await first.store.insertAll(make(10, (index) => message(`m${index}`)));
      const last = await first.store.lastSequence();
      const clock = { nowMs: () => NOW_MS + 2 * DAY_MS };
      const opened = await first.reopen({ clock, retentionDays: 1 });
      await untilRemoved(opened, 10);
      assert.equal(await opened.store.lastSequence(), last);
      const { store } = await opened.reopen({ clock });
      assert.equal(await store.lastSequence(), last);
      assert.equal(await store.insert(message("m1")), "duplicate", "even if nothing is removed any more");
      await store.insert(message("new", { text: "found" }));
      const [row, ...others] = await tailAll(store, last);
      assert.deepEqual([row?.message_id, others, await listIds(store, { q: "FOUND" }), (await store.stats()).total_messages], ["new", [], ["new"], 1]);
    },
  },
  {
    promise: "P21",
    name: "messages that were received while the clock was ahead do not delay the removal of later ones",
    async run({ open }) {
      let nowMs = NOW_MS + 3650 * DAY_MS;
      const clock = { nowMs: () => nowMs };
      const first = await open({ clock });
      await first.store.insertAll(make(2_500, (index) => message(`ahead${index}`)));
      nowMs = NOW_MS;
      await first.store.insertAll(make(20, (index) => message(`old${index}`)));
      nowMs += 2 * DAY_MS;
      await first.store.insert(message("young"));
      const opened = await first.reopen({ clock, retentionDays: 1 });
      await untilRemoved(opened, 20);
      assert.deepEqual([opened.store.count(), await opened.store.get("old7"), (await opened.store.get("young"))?.message_id], [2_501, undefined, "young"]);
    },
  },
  {
    promise: "P21",
    name: "if the clock is years ahead of the newest message, nothing is removed until it is confirmed, and the observer gets a notice",
    async run({ open }) {
      const first = await open();
      await first.store.insertAll(make(10, (index) => message(`m${index}`)));
      const opened = await first.reopen({ clock: { nowMs: () => NOW_MS + 3650 * DAY_MS }, retentionDays: 7 });
      await until("the observer gets the suspension", () => opened.observed.suspended.length > 0);
      const [suspension] = opened.observed.suspended;
      assert.equal(suspension?.clock, new Date(NOW_MS + 3650 * DAY_MS).toISOString());
      assert.deepEqual([opened.observed.removed, opened.store.count(), (await listIds(opened.store)).length], [[], 10, 10]);
      opened.store.confirmClock();
      await untilRemoved(opened, 10);
    },
  },
  {
    promise: "P21",
    name: "a clock that jumped while the store was open is still suspect in the next process, even if messages arrived meanwhile",
    async run({ open }) {
      let nowMs = NOW_MS;
      const clock = { nowMs: () => nowMs };
      const first = await open({ clock });
      await first.store.insertAll(make(10, (index) => message(`m${index}`)));
      nowMs += 3650 * DAY_MS;
      // More than an engine examines in one read.
      await first.store.insertAll(make(2_100, (index) => message(`ahead${index}`)));
      nowMs += DAY_MS / 2;
      const opened = await first.reopen({ clock, retentionDays: 7 });
      await until("the observer gets the suspension", () => opened.observed.suspended.length > 0);
      assert.equal(opened.observed.suspended[0]?.expected.slice(0, 16), new Date(NOW_MS).toISOString().slice(0, 16));
      assert.deepEqual([opened.observed.removed, opened.store.count()], [[], 2_110]);
      // Half a day later the messages show that the clock has run for a day.
      nowMs += DAY_MS / 2 + 1;
      const next = await opened.reopen({ clock, retentionDays: 7 });
      await untilRemoved(next, 10);
      assert.deepEqual([next.observed.suspended, next.store.count()], [[], 2_100]);
    },
  },
  {
    promise: "P21",
    name: "while the database refuses writes, nothing is removed and the observer gets the reason; then removal continues",
    async run({ open }) {
      let nowMs = NOW_MS;
      const opened = await open({ clock: { nowMs: () => nowMs }, retentionDays: 1 });
      await opened.store.insertAll(make(10, (index) => message(`m${index}`)));
      const repair = await opened.refuseWrites();
      nowMs += 2 * DAY_MS;
      // The first run begins at once.
      opened.store.confirmClock();
      await until("the observer gets the failure", () => opened.observed.removalFailures.length > 0);
      assert.deepEqual([opened.observed.removalFailures[0]?.isNew, opened.observed.removed, opened.store.count(), (await listIds(opened.store)).length], [true, [], 10, 10]);
      await repair();
      opened.store.confirmClock();
      await untilRemoved(opened, 10);
    },
  },
];
