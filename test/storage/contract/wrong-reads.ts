import { setImmediate } from "node:timers/promises";
import type { StoredMessage } from "../../../src/core/message.ts";
import { comparePositions, positionOf } from "../../../src/core/order.ts";
import type { MessagePage, MessageQuery, Stats } from "../../../src/core/queries.ts";
import type { MessageStore } from "../../../src/core/store.ts";
import { exportAll, tailAll } from "./case.ts";
import { wrong, type Change, type WrongEngine } from "./wrong-engine.ts";

const ALL = { limit: Number.MAX_SAFE_INTEGER, offset: 0 };

/** Lists the messages whose text `matches` the phrase. */
function searching(matches: (text: string, q: string) => boolean): Change {
  return (inner) => ({
    async list({ q, ...query }) {
      if (q === undefined) return inner.list(query);
      const { data } = await inner.list({ ...query, ...ALL });
      return pageOf(data.filter(({ text }) => text !== null && matches(text, q)), query);
    },
  });
}

/** Sorts lists by another comparison. */
function ordering(compare: (a: StoredMessage, b: StoredMessage) => number): Change {
  return (inner) => ({
    async list({ after: _after, ...query }) {
      const { data } = await inner.list({ ...query, ...ALL });
      return pageOf(data.toSorted((a, b) => (query.order === "desc" ? compare(b, a) : compare(a, b))), query);
    },
  });
}

function pageOf(rows: readonly StoredMessage[], { limit, offset }: Pick<MessageQuery, "limit" | "offset">): MessagePage {
  const data = rows.slice(offset, offset + limit);
  const last = data.at(-1);
  return { data, total: rows.length, ...(offset + limit < rows.length && last !== undefined && { next: positionOf(last) }) };
}

/** Changes each query before it is run. */
function querying(alter: (query: MessageQuery) => MessageQuery): Change {
  return (inner) => ({ list: (query, options) => inner.list(alter(query), options) });
}

function paging(alter: (page: MessagePage, query: MessageQuery) => MessagePage): Change {
  return (inner) => ({ list: async (query, options) => alter(await inner.list(query, options), query) });
}

function counting(alter: (stats: Stats) => Stats): Change {
  return (inner) => ({ stats: async (options) => alter(await inner.stats(options)) });
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Tries again until the read is accepted, so any number of reads may wait. */
async function retryUntilAccepted<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch {
      await setImmediate();
    }
  }
}

function without<T extends object>(value: T, ...names: readonly (keyof T)[]): T {
  const copy = { ...value };
  for (const name of names) delete copy[name];
  return copy;
}

async function exportInOne(inner: MessageStore, query: Parameters<MessageStore["exportPage"]>[0]): Promise<{ readonly data: readonly StoredMessage[] }> {
  return { data: await exportAll(inner, query) };
}

/** Engines whose reads break a promise. */
export const WRONG_READS: readonly WrongEngine[] = [
  wrong("P8", "orders ids by UTF-16 units", ordering((a, b) => comparePositions({ ...positionOf(a), messageId: "" }, { ...positionOf(b), messageId: "" }) || compare(a.message_id, b.message_id))),
  wrong("P8", "orders times as texts", ordering((a, b) => compare(a.ts, b.ts) || comparePositions(positionOf(a), positionOf(b)))),
  wrong("P8", "orders ids without regard to case", ordering((a, b) => compare(positionOf(a).key, positionOf(b).key) || compare(a.message_id.toLowerCase(), b.message_id.toLowerCase()))),
  wrong("P8", "lists in one direction only", querying((query) => without(query, "order"))),
  wrong("P8", "orders a list by receipt by ts", (inner) => ({
    async listReceived(query) {
      const page = await inner.listReceived(query);
      return { ...page, data: page.data.toSorted((a, b) => compare(a.ts, b.ts)) };
    },
  })),
  wrong("P9", "leaves out messages exactly at since", querying((query) => (query.since === undefined || query.since.includes(".") ? query : { ...query, since: query.since.replace("Z", ".000000001Z") }))),
  wrong("P9", "includes messages exactly at until", querying((query) => (query.until === undefined || query.until.includes(".") ? query : { ...query, until: query.until.replace("Z", ".000000001Z") }))),
  wrong("P9", "ignores to", querying((query) => without(query, "to"))),
  wrong("P9", "ignores since if there is a sender", querying((query) => (query.from === undefined ? query : without(query, "since")))),
  wrong("P10", "folds only the case of ASCII", searching((text, q) => lower(text).includes(lower(q)))),
  wrong("P10", "folds one character to two", searching((text, q) => text.toUpperCase().includes(q.toUpperCase()))),
  wrong("P10", "ignores accents", searching((text, q) => bare(text).includes(bare(q)))),
  wrong("P10", "treats _ as any character", searching((text, q) => new RegExp(RegExp.escape(q).replaceAll("_", "."), "iu").test(text))),
  wrong("P10", "treats % as any characters", searching((text, q) => new RegExp(RegExp.escape(q).replaceAll("\\x25", ".*"), "iu").test(text))),
  wrong("P10", "ignores NUL", searching((text, q) => new RegExp(RegExp.escape(q.replaceAll("\0", "")), "iu").test(text.replaceAll("\0", "")))),
  wrong("P10", "finds nothing for a phrase of one character", searching((text, q) => [...q].length > 1 && new RegExp(RegExp.escape(q), "iu").test(text))),
  wrong("P11", "counts only the page", paging((page) => ({ ...page, total: page.data.length }))),
  wrong("P11", "always has a next position", paging((page) => ({ ...page, ...(page.data[0] !== undefined && { next: positionOf(page.data[0]) }) }))),
  wrong("P11", "never has a next position", paging((page) => without(page, "next"))),
  wrong("P11", "is off by one beyond an offset of 1,000", querying((query) => (query.offset > 1_000 ? { ...query, offset: query.offset + 1 } : query))),
  wrong("P11", "counts a message some time after its commit", (inner) => {
    let counted = 0;
    return {
      async list(query) {
        const page = await inner.list(query);
        const total = Math.min(page.total, Math.max(counted, 2));
        counted = page.total;
        return { ...page, total };
      },
    };
  }),
  wrong("P11", "reads the total first and the page later", (inner) => ({
    async list(query) {
      const { total } = await inner.list(query);
      return { ...(await inner.list(query)), total };
    },
  })),
  wrong("P12", "repeats the message at the position", (inner) => ({
    async list(query) {
      const page = await inner.list(query);
      const { data: [at] } = query.after === undefined ? { data: [] } : await inner.list({ ...without(query, "after"), ...ALL });
      return at === undefined ? page : { ...page, data: [at, ...page.data].slice(0, query.limit) };
    },
  })),
  wrong("P12", "continues after the time of the position", querying((query) => (query.after === undefined ? query : { ...query, after: { ...query.after, messageId: query.order === "desc" ? "" : "\u{10FFFF}" } }))),
  wrong("P12", "ignores an offset after a position", querying((query) => (query.after === undefined ? query : { ...query, offset: 0 }))),
  wrong("P12", "counts only the messages after a position", (inner) => ({
    async list(query) {
      const page = await inner.list(query);
      return query.after === undefined ? page : { ...page, total: page.data.length };
    },
  })),
  wrong("P13", "exports messages that arrived later", (inner) => ({ exportPage: (query) => inner.exportPage({ ...query, upTo: Number.MAX_SAFE_INTEGER }) })),
  wrong("P13", "exports everything in one read", (inner) => ({ exportPage: (query) => exportInOne(inner, query) })),
  wrong("P13", "exports without payloads", (inner) => ({ exportPage: (query) => inner.exportPage({ ...query, payload: false }) })),
  wrong("P13", "exports in one direction", (inner) => ({ exportPage: (query) => inner.exportPage(without(query, "order")) })),
  wrong("P13", "continues after the time of the position", (inner) => ({
    exportPage: ({ after, ...query }) => inner.exportPage({ ...query, ...(after && { after: { ...after, messageId: query.order === "desc" ? "" : "\u{10FFFF}" } }) }),
  })),
  wrong("P14", "tails in the order of ts", (inner) => ({
    async since(seq, limit, options) {
      const page = await inner.since(seq, limit, options);
      return { ...page, data: page.data.toSorted((a, b) => compare(a.ts, b.ts)) };
    },
  })),
  wrong("P14", "leaves out the last message of a page that is cut", (inner) => ({
    async since(seq, limit, options) {
      const page = await inner.since(seq, limit, options);
      return page.more ? { ...page, data: [...page.data.slice(0, -2), ...page.data.slice(-1)] } : page;
    },
  })),
  wrong("P14", "repeats the message at the seq", (inner) => ({ since: (seq, limit, options) => inner.since(Math.max(0, seq - 1), limit, options) })),
  wrong("P14", "never says that more may follow", (inner) => ({ since: async (seq, limit, options) => ({ ...(await inner.since(seq, limit, options)), more: false }) })),
  wrong("P14", "returns any number of large messages in one page", (inner) => ({
    since: async (seq, limit, options) => ({ data: (await tailAll(inner, seq, options)).slice(0, limit), more: true }),
  })),
  wrong("P15", "calls listeners before the commit", (inner) => {
    const listeners: (() => void)[] = [];
    return {
      onCommitted: (listener) => void listeners.push(listener),
      insert(one) {
        for (const listener of listeners) listener();
        return inner.insert(one);
      },
    };
  }),
  wrong("P15", "never calls listeners", () => ({ onCommitted: () => undefined })),
  wrong("P16", "ranks nine senders", counting((stats) => ({ ...stats, messages_per_sender: stats.messages_per_sender.slice(0, 9) }))),
  wrong("P16", "orders equal senders in reverse", counting((stats) => ({ ...stats, messages_per_sender: stats.messages_per_sender.toSorted((a, b) => b.count - a.count || compare(b.from, a.from)) }))),
  wrong("P16", "counts only the senders that it ranks", counting((stats) => ({ ...stats, senders_count: stats.messages_per_sender.length }))),
  wrong("P16", "has a first ts without any message", counting((stats) => ({ ...stats, first_message_ts: stats.first_message_ts ?? "1970-01-01T00:00:00Z" }))),
  wrong("P16", "returns the last ts as the first", counting((stats) => ({ ...stats, first_message_ts: stats.last_message_ts }))),
  wrong("P17", "ignores since", (inner) => ({ timeline: (query) => inner.timeline(without(query, "since")) })),
  wrong("P17", "counts the whole of the last bucket", (inner) => ({
    timeline: (query) => inner.timeline({ ...query, ...(query.until && { until: query.until.replace(/T\d\d:.*/, "T23:59:59Z") }) }),
  })),
  wrong("P17", "ignores the offset from UTC", (inner) => ({ timeline: (query) => inner.timeline(without(query, "utcOffsetMinutes")) })),
  wrong("P17", "rounds the offset from UTC to whole hours", (inner) => ({
    timeline: (query) => inner.timeline({ ...query, utcOffsetMinutes: 60 * Math.trunc((query.utcOffsetMinutes ?? 0) / 60) }),
  })),
  wrong("P17", "ignores q", (inner) => ({ timeline: (query) => inner.timeline(without(query, "q")) })),
  wrong("P17", "never says that it is truncated", (inner) => ({ timeline: async (query) => ({ ...(await inner.timeline(query)), truncated: false }) })),
  wrong("P17", "keeps the oldest buckets", (inner) => ({
    async timeline(query) {
      const { data } = await inner.timeline({ ...query, limit: 1_000_000 });
      return { data: data.slice(0, query.limit), truncated: data.length > query.limit };
    },
  })),
  wrong("P18", "has a payload for a native message", (inner) => ({ payload: async (id) => (await inner.payload(id)) ?? "null" })),
  wrong("P18", "returns any number of payloads in one page", (inner) => ({
    since: async (seq, limit, options) => ({ data: (await tailAll(inner, seq, options)).slice(0, limit), more: true }),
    exportPage: (query) => exportInOne(inner, query),
  })),
  wrong("P19", "lets any number of reads wait", (inner) => ({ list: (query) => retryUntilAccepted(() => inner.list(query)) })),
  wrong("P19", "is not ready while reads wait", (inner) => {
    let waiting = 0;
    return {
      async list(query) {
        waiting += 1;
        return inner.list(query).finally(() => (waiting -= 1));
      },
      check: async () => (waiting > 0 ? ["reads wait"] : []),
    };
  }),
  wrong("P20", "continues an aborted read", (inner) => ({ list: (query) => inner.list(query) })),
  wrong("P20", "continues aborted stats", (inner) => ({ stats: () => inner.stats() })),
  wrong("P20", "keeps the place of an aborted read", (inner) => {
    let left = 0;
    return {
      async list(query, { signal } = {}) {
        if (left > 20) throw new Error("too many reads are waiting");
        signal?.addEventListener("abort", () => (left += 1));
        return inner.list(query, { signal });
      },
    };
  }),
];

function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function bare(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
