import assert from "node:assert/strict";
import { seededRandom } from "../../../scripts/bench/messages.ts";
import type { Message } from "../../../src/core/message.ts";
import { message } from "../../support/store.ts";
import { exportAll, idsOf, make, tailAll, walkList, type ContractCase } from "./case.ts";

/**
 * Control characters, surrogate pairs, combining characters composed, decomposed and alone, non-characters, and texts that an engine
 * may interpret.
 */
const STRINGS_TO_KEEP: readonly string[] = [
  "\0", "a\0b", "\0\0", "\u0001\u0002\u0003", "\u0001\u0002\u0002", "\u001f\u007f\u0085\u2028\u2029\n\r\n\t", "\u{1F600}", "\u{1F468}\u200D\u{1F469}", "\u{10FFFF}\uFFFF\uFFFE",
  "e\u0301", "\u00e9", "\u0301", "\u200f\u05d0", "\ufeffbom", "\ud7ff\ue000", " both ends ", "%_\\'\"`$1?:@", "null", "NaN", "{\"a\":1}", "\\0\\u0000", "\\x41", "İıſK",
];

/** The first and the last time that a `ts` can express, and times that differ by a nanosecond or are next to a special one. */
const TIMES: readonly string[] = [
  "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000001Z", "0000-02-29T23:59:59.999999999Z", "0999-12-31T00:00:00Z", "1969-12-31T23:59:59.999999999Z", "1970-01-01T00:00:00Z",
  "2016-12-31T23:59:59.999999999Z", "2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00Z", "2025-01-15T10:00:00.123456789Z", "2025-01-15T10:00:00.12345679Z",
  "2038-01-19T03:14:08Z", "9999-12-31T23:59:59.999999998Z", "9999-12-31T23:59:59.999999999Z",
];

function randomLetters(count: number): string {
  const random = seededRandom(6);
  return Array.from({ length: count }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join("");
}

/** Strings are returned as they were stored, byte for byte. */
export const STRINGS: readonly ContractCase[] = [
  {
    promise: "P6",
    name: "every read returns texts, ids and payloads unchanged",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+600";
      const messages = STRINGS_TO_KEEP.map((text, index): Message => ({ ...message(`strings${text}`, { from, text, ts: `2025-02-01T00:00:${10 + index}Z` }), payload: JSON.stringify({ text }) }));
      const long = message("long", { from, text: "\u{1F600}".repeat(4_096), ts: "2025-02-02T00:00:00Z" });
      const empty = [message("empty", { from, text: "", ts: "2025-02-02T00:00:01Z" }), message("none", { from, text: null, ts: "2025-02-02T00:00:02Z" })];
      const all = [...messages, long, ...empty];
      const before = await store.lastSequence();
      assert.deepEqual(new Set(await store.insertAll(all)), new Set(["created"]));
      const expected = all.map(({ messageId, text, payload = null }) => ({ message_id: messageId, text, payload }));
      const page = await store.list({ limit: 100, offset: 0, from });
      assert.deepEqual(page.data.map(({ message_id, text }) => ({ message_id, text })), expected.map(({ message_id, text }) => ({ message_id, text })));
      for (const rows of [
        await exportAll(store, { from, upTo: Number.MAX_SAFE_INTEGER, payload: true }),
        (await tailAll(store, before, { payload: true })).filter((row) => row.from === from),
      ]) assert.deepEqual(rows.map(({ message_id, text, payload }) => ({ message_id, text, payload })), expected);
      for (const { messageId, text, payload } of all) {
        const got = await store.get(messageId);
        assert.deepEqual([got?.message_id, got?.text, await store.payload(messageId)], [messageId, text, payload]);
      }
    },
  },
  {
    promise: "P6",
    name: "senders and recipients may be any strings, and are compared code point by code point",
    async run({ shared }) {
      const { store } = await shared();
      const parties = ["\0", "\0\0", "\u0001\u0002", "é", "e\u0301", "\ufeff+1", "a", "A", "a ", "\uFB00", "\u{1F600}", "%", "_", "'"].map((name) => `party ${name}`);
      await store.insertAll(parties.map((party) => message(party, { from: party, to: party })));
      for (const party of parties) {
        const { data, total } = await store.list({ limit: 2, offset: 0, from: party });
        assert.deepEqual([data.map(({ from, to }) => [from, to]), total], [[[party, party]], 1], JSON.stringify(party));
        for (const filter of [{ to: party }, { from: party, q: "hello" }, { from: party, to: party }]) {
          assert.equal((await store.list({ limit: 1, offset: 0, ...filter })).total, 1, JSON.stringify(filter));
        }
        assert.equal((await exportAll(store, { from: party, upTo: Number.MAX_SAFE_INTEGER })).length, 1);
      }
      assert.equal(await store.erase({ from: "party \0" }), 1);
      assert.deepEqual([(await store.get("party \0\0"))?.from, await store.get("party \0")], ["party \0\0", undefined]);
    },
  },
  {
    promise: "P6",
    name: "ids and senders may have any length, and are compared up to the last character",
    async run({ open }) {
      const opened = await open();
      // Too long for an index of most engines, and random, so that it cannot be compressed.
      const long = randomLetters(20_000);
      const messages = ["", "a", "b", "😀", "\0"].map((end) => message(`id${long}${end}`, { from: `sender${long}${end}`, text: end, ts: "2025-03-01T00:00:00Z" }));
      const short = message("id", { ts: "2025-03-02T00:00:00Z" });
      assert.deepEqual(new Set(await opened.store.insertAll([...messages, short])), new Set(["created"]));
      const again = messages.map((one, index) => (index === 0 ? one : { ...one, from: messages[0]?.from ?? "" }));
      assert.deepEqual(await opened.store.insertAll(again), ["duplicate", "conflict", "conflict", "conflict", "conflict"]);
      const { store } = await opened.reopen();
      for (const { messageId, from, text } of messages) {
        const got = await store.get(messageId);
        assert.deepEqual([got?.message_id, got?.from, got?.text], [messageId, from, text]);
        const { data, total } = await store.list({ limit: 2, offset: 0, from });
        assert.deepEqual([data, total], [[got], 1]);
      }
      const ids = new Set([...messages, short].map(({ messageId }) => messageId));
      const pages: string[] = [];
      for await (const page of walkList(store, { limit: 1 })) pages.push(...idsOf(page));
      for (const found of [pages, idsOf({ data: await exportAll(store, { upTo: Number.MAX_SAFE_INTEGER }) }), idsOf({ data: await tailAll(store) })]) {
        assert.deepEqual([found.length, new Set(found)], [ids.size, ids]);
      }
      const { messages_per_sender: senders } = await store.stats();
      assert.deepEqual(new Set(senders.map(({ from }) => from)), new Set([...messages, short].map(({ from }) => from)));
      const [one, other] = messages;
      assert.deepEqual([await store.erase({ messageId: one?.messageId ?? "" }), await store.erase({ from: other?.from ?? "" })], [1, 1]);
      assert.deepEqual(await store.insertAll(messages), messages.map(() => "duplicate"));
      assert.equal((await store.stats()).total_messages, 4);
    },
  },
  {
    promise: "P6",
    name: "nine digits of a second and the years 0000 to 9999 are kept, and decide the order",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+601";
      await store.insertAll(TIMES.map((ts, index) => message(`times${index}`, { from, ts })).toReversed());
      const { data } = await store.list({ limit: 100, offset: 0, from });
      assert.deepEqual(data.map(({ ts }) => ts), TIMES);
      for (const [index, ts] of TIMES.entries()) {
        assert.equal((await store.get(`times${index}`))?.ts, ts);
        const [since, until] = [{ from, since: ts, limit: 1, offset: 0 }, { from, until: ts, limit: 1, offset: 0 }];
        assert.deepEqual([(await store.list(since)).total, (await store.list(until)).total], [TIMES.length - index, index], ts);
      }
    },
  },
  {
    promise: "P6",
    name: "a message is returned with its fields and its time of receipt, and nothing else",
    async run({ shared }) {
      const { store } = await shared();
      const from = "+602";
      const [one] = make(1, () => ({ ...message("fields", { from, to: "+2", ts: "2025-01-15T15:30:00.50+05:30", text: null }), payload: "{}" }));
      if (one !== undefined) await store.insert(one);
      const expected = { message_id: "fields", from, to: "+2", ts: "2025-01-15T10:00:00.5Z", text: null, created_at: "2025-06-01T00:00:00.000Z" };
      assert.deepEqual(await store.get("fields"), expected);
      assert.deepEqual((await store.list({ limit: 1, offset: 0, from })).data, [expected]);
      assert.deepEqual(await exportAll(store, { from, upTo: Number.MAX_SAFE_INTEGER }), [expected]);
      const seq = await store.lastSequence();
      assert.deepEqual((await store.since(seq - 1, 1)).data, [{ seq, ...expected }]);
    },
  },
];
