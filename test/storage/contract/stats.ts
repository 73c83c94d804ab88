import assert from "node:assert/strict";
import { message } from "../../support/store.ts";
import { make, assertSame, type ContractCase } from "./case.ts";

/** The counts of all messages, by sender and over time. */
export const STATS: readonly ContractCase[] = [
  {
    promise: "P16",
    name: "stats have the ten largest senders, equal ones ordered by number, and the first and the last ts",
    async run({ open }) {
      const { store } = await open();
      assert.deepEqual(await store.stats(), { total_messages: 0, senders_count: 0, messages_per_sender: [], first_message_ts: null, last_message_ts: null });
      const senders = ["+1", "+2", "+10", "+3", "+20", "+99", "+100", "+4", "\uFB00", "+6", "+7", "\u{1F600}"];
      const counts = senders.map((from, index) => ({ from, count: 10 + 10 * (index % 3) }));
      await store.insertAll(counts.flatMap(({ from, count }) => make(count, (index) => message(`${from}-${index}`, { from, ts: `2025-01-15T10:00:00.${index}1Z` }))));
      await store.insert(message("last of all", { from: "+1", ts: "2025-01-15T10:00:01Z" }));
      assert.deepEqual(await store.stats(), {
        total_messages: 241,
        senders_count: 12,
        messages_per_sender: [
          { from: "+10", count: 30 }, { from: "+99", count: 30 }, { from: "\uFB00", count: 30 }, { from: "\u{1F600}", count: 30 }, { from: "+2", count: 20 },
          { from: "+20", count: 20 }, { from: "+4", count: 20 }, { from: "+7", count: 20 }, { from: "+1", count: 11 }, { from: "+100", count: 10 },
        ],
        first_message_ts: "2025-01-15T10:00:00.01Z",
        last_message_ts: "2025-01-15T10:00:01Z",
      });
    },
  },
  {
    promise: "P16",
    name: "the stats of many messages are exact",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      assert.deepEqual(await store.stats(), await expected.stats());
      assert.equal(store.count(), expected.count());
    },
  },
  {
    promise: "P17",
    name: "a timeline has each hour or day with messages between since and until, up to the limit the newest ones",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      for (const bucket of ["hour", "day"] as const) {
        for (const limit of [1, 24, 10_000]) {
          for (const since of [undefined, "2025-01-02T05:30:00Z", "2025-01-15T10:00:00.000000001Z", "9999-12-31T23:59:59.999999999Z"]) {
            for (const until of [undefined, "2025-02-04T11:20:00.5Z", "2025-01-02T05:40:00Z", "2024-01-01T00:00:00Z"]) {
              const query = { bucket, limit, ...(since && { since }), ...(until && { until }) };
              assertSame(await store.timeline(query), await expected.timeline(query), JSON.stringify(query));
            }
          }
        }
      }
    },
  },
  {
    promise: "P17",
    name: "the hours and days of a timeline begin at local time, for offsets ahead of UTC or behind it, by whole hours or not",
    async run({ corpus }) {
      const { store, expected } = await corpus();
      const filters = [
        {}, { from: "+1" }, { q: "e" }, { to: "+101" }, { since: "2025-01-02T05:30:00Z", until: "2025-02-04T11:20:00.5Z" },
        { from: "+1", since: "2025-01-15T10:00:00Z", until: "2025-01-15T10:00:00.000000001Z" }, { since: "2025-01-02T18:30:00Z", until: "2025-01-02T18:40:00Z" },
      ];
      for (const utcOffsetMinutes of [330, 345, -210, 120, -300, 840, -1439]) {
        for (const bucket of ["hour", "day"] as const) {
          for (const limit of [1, 9, 10_000]) {
            for (const filter of filters) {
              const query = { bucket, utcOffsetMinutes, limit, ...filter };
              assertSame(await store.timeline(query), await expected.timeline(query), JSON.stringify(query));
            }
          }
        }
      }
    },
  },
  {
    promise: "P17",
    name: "each hour and day of a timeline begins at its first instant, from the year 0000 on",
    async run({ open }) {
      const { store } = await open();
      assert.deepEqual(await store.timeline({ bucket: "day", limit: 5 }), { data: [], truncated: false });
      await store.insertAll(["0000-01-01T00:00:00Z", "0000-01-01T00:59:59.999999999Z", "2016-12-31T23:59:60Z", "9999-12-31T23:00:00Z"].map((ts, index) => message(`m${index}`, { ts })));
      assert.deepEqual(await store.timeline({ bucket: "hour", limit: 5 }), {
        data: [{ start: "0000-01-01T00:00:00Z", count: 2 }, { start: "2016-12-31T23:00:00Z", count: 1 }, { start: "9999-12-31T23:00:00Z", count: 1 }],
        truncated: false,
      });
      assert.deepEqual(await store.timeline({ bucket: "day", limit: 1 }), { data: [{ start: "9999-12-31T00:00:00Z", count: 1 }], truncated: true });
      assert.deepEqual(await store.timeline({ bucket: "day", limit: 5, since: "0000-01-01T00:59:59Z", until: "2016-12-31T23:59:60Z" }), {
        data: [{ start: "0000-01-01T00:00:00Z", count: 1 }], truncated: false,
      });
      // The first day in India begins before the year 0000, which no timestamp can express; the last one ends in the year 10000.
      assert.deepEqual(await store.timeline({ bucket: "day", utcOffsetMinutes: 330, limit: 5 }), {
        data: [{ start: "0000-01-01T00:00:00Z", count: 2 }, { start: "2016-12-31T18:30:00Z", count: 1 }, { start: "9999-12-31T18:30:00Z", count: 1 }],
        truncated: false,
      });
      assert.deepEqual(await store.timeline({ bucket: "hour", utcOffsetMinutes: -30, limit: 2 }), {
        data: [{ start: "2016-12-31T23:30:00Z", count: 1 }, { start: "9999-12-31T22:30:00Z", count: 1 }], truncated: true,
      });
    },
  },
];
