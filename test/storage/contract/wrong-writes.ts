import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { StoreUnavailable, type InsertOutcome } from "../../../src/core/store.ts";
import { storing, reporting, wrong, type WrongEngine } from "./wrong-engine.ts";

/** Engines that break a promise when they store, remove or close. */
export const WRONG_WRITES: readonly WrongEngine[] = [
  wrong("P1", "stores every copy", (inner) => ({
    async insert(one) {
      const outcome = await inner.insert(one);
      return outcome === "duplicate" ? inner.insert({ ...one, messageId: `${one.messageId}'` }) : outcome;
    },
  })),
  wrong("P1", "reports every copy as created", reporting((outcome) => (outcome === "duplicate" ? "created" : outcome))),
  wrong("P1", "reports a conflict as a duplicate", reporting((outcome) => (outcome === "conflict" ? "duplicate" : outcome))),
  wrong("P1", "treats ids as equal that differ only in case", storing((one) => ({ ...one, messageId: one.messageId.toLowerCase() }))),
  wrong("P1", "treats ids as equal that differ only in white space at their ends", storing((one) => ({ ...one, messageId: one.messageId.trim() }))),
  wrong("P1", "treats ids as equal that are canonically equivalent", storing((one) => ({ ...one, messageId: one.messageId.normalize() }))),
  wrong("P1", "replaces the payload with that of a copy", (inner) => {
    const latest = new Map<string, string | undefined>();
    return {
      insert(one) {
        latest.set(one.messageId, one.payload);
        return inner.insert(one);
      },
      payload: async (id) => latest.get(id) ?? inner.payload(id),
    };
  }),
  wrong("P2", "stores the messages of a delivery one by one", (inner) => ({
    async insertAll(all) {
      const outcomes: InsertOutcome[] = [];
      for (const one of all) outcomes.push(await inner.insert(one));
      return outcomes;
    },
  })),
  wrong("P3", "reports created before the commit", (inner) => ({
    insert(one) {
      void inner.insert(one);
      return Promise.resolve("created");
    },
  })),
  wrong("P3", "loses the newest message when it closes", (inner, database) => ({
    async close() {
      await inner.close();
      database.rows = database.rows.slice(0, -1);
    },
  })),
  wrong("P4", "reports created although the commit failed", reporting((outcome) => (outcome === "unavailable" ? "created" : outcome))),
  wrong("P4", "rejects if the commit fails", (inner) => ({
    async insert(one) {
      const outcome = await inner.insert(one);
      if (outcome === "unavailable") throw new StoreUnavailable("the memory is full");
      return outcome;
    },
  })),
  wrong("P4", "accepts nothing after a failed commit", (inner) => {
    let hasFailed = false;
    return {
      async insertAll(all) {
        const outcomes = hasFailed ? all.map((): InsertOutcome => "unavailable") : await inner.insertAll(all);
        hasFailed ||= outcomes.includes("unavailable");
        return outcomes;
      },
    };
  }),
  wrong("P4", "stores some of a delivery although its commit fails", (inner, database) => ({
    async insertAll(all) {
      const wasFull = database.isFull;
      database.isFull = false;
      if (wasFull) await inner.insertAll(all.slice(0, 1));
      database.isFull = wasFull;
      return inner.insertAll(all);
    },
  })),
  wrong("P5", "lets any number of messages wait", (inner, database) => ({
    async insert(one) {
      let outcome = await inner.insert(one);
      while (outcome === "unavailable" && !database.isFull) {
        await setImmediate();
        outcome = await inner.insert(one);
      }
      return outcome;
    },
  })),
  wrong("P6", "ends a text at NUL", storing((one) => ({ ...one, text: one.text?.split("\0")[0] ?? null }))),
  wrong("P6", "composes characters", storing((one) => ({ ...one, text: one.text?.normalize() ?? null }))),
  wrong("P6", "drops a byte order mark", storing((one) => ({ ...one, text: one.text?.replace(/^\ufeff/, "") ?? null }))),
  wrong("P6", "trims texts", storing((one) => ({ ...one, text: one.text?.trim() ?? null }))),
  wrong("P6", "stores an absent text as an empty one", storing((one) => ({ ...one, text: one.text ?? "" }))),
  wrong("P6", "stores an empty text as an absent one", storing((one) => ({ ...one, text: one.text || null }))),
  wrong("P6", "keeps only milliseconds", storing((one) => ({ ...one, ts: one.ts.replace(/(\.\d{3})\d+Z/, "$1Z") }))),
  wrong("P6", "changes years before 1000", storing((one) => ({ ...one, ts: one.ts.replace(/^0/, "1") }))),
  wrong("P6", "changes leap seconds", storing((one) => ({ ...one, ts: one.ts.replace(":60", ":59") }))),
  wrong("P6", "returns a payload with different white space", storing((one) => ({ ...one, ...(one.payload !== undefined && { payload: one.payload.replaceAll(":", ": ") }) }))),
  wrong("P7", "commits each message separately", (inner) => {
    let last: Promise<unknown> = Promise.resolve();
    return {
      insert(one) {
        const inserted = last.then(() => inner.insert(one));
        last = inserted;
        return inserted;
      },
    };
  }),

  wrong("P21", "removes by ts", (_inner, database, { retentionDays, clock }) => {
    const before = new Date(clock.nowMs() - (retentionDays ?? Infinity) * 86_400_000);
    if (retentionDays !== undefined) database.rows = database.rows.filter(({ ts }) => ts >= before.toISOString());
    return {};
  }),
  wrong("P21", "forgets the ids of removed messages", (inner, database) => ({
    insertAll(all) {
      database.removedIds.clear();
      return inner.insertAll(all);
    },
  })),
  wrong("P21", "still counts removed messages", (inner) => {
    let most = 0;
    return { count: () => (most = Math.max(most, inner.count(), 300)) };
  }),
  wrong("P22", "returns a wrong number", (inner) => ({ erase: async (which) => Math.min(1, await inner.erase(which)) })),
  wrong("P22", "erases only some of a sender's messages", (inner) => ({
    async erase(which) {
      if (!("from" in which)) return inner.erase(which);
      const { data } = await inner.list({ limit: 128, offset: 0, from: which.from });
      for (const { message_id: messageId } of data) await inner.erase({ messageId });
      return data.length;
    },
  })),
  wrong("P22", "forgets the ids of erased messages", (inner, database) => ({
    insertAll(all) {
      database.removedIds.clear();
      return inner.insertAll(all);
    },
  })),
  wrong("P22", "forgets the ids of erased messages at the next start", (inner, database) => ({
    async close() {
      await inner.close();
      database.removedIds.clear();
    },
  })),
  wrong("P22", "keeps the payload of an erased message", (inner) => {
    const kept = new Map<string, string | undefined>();
    return {
      insertAll(all) {
        for (const one of all) kept.set(one.messageId, one.payload);
        return inner.insertAll(all);
      },
      payload: async (id) => kept.get(id),
    };
  }),
  wrong("P22", "still counts erased messages", (inner) => {
    let erased = 0;
    return {
      async erase(which) {
        const number = await inner.erase(which);
        erased += number;
        return number;
      },
      stats: async () => {
        const stats = await inner.stats();
        return { ...stats, total_messages: stats.total_messages + erased };
      },
    };
  }),
  wrong("P23", "reuses the seq of an erased message", (inner, database) => ({
    async erase(which) {
      const number = await inner.erase(which);
      database.lastSeq = database.rows.at(-1)?.seq ?? 0;
      return number;
    },
  })),
  wrong("P23", "reuses the seq of a removed message after the next start", (inner, database) => ({
    async close() {
      await inner.close();
      database.lastSeq = database.rows.at(-1)?.seq ?? 0;
    },
  })),
  wrong("P24", "is not ready although it works", () => ({ check: () => Promise.resolve(["nobody knows"]) })),
  wrong("P24", "is ready although it refuses writes", () => ({ check: () => Promise.resolve([]) })),
  wrong("P24", "reads nothing while it refuses writes", (inner, database) => ({
    list: (query) => (database.isFull ? Promise.reject(new StoreUnavailable("the memory is full")) : inner.list(query)),
  })),
  wrong("P25", "drops waiting messages when it closes", (inner, database) => ({
    async close() {
      database.isFull = true;
      await inner.close();
      database.isFull = false;
    },
  })),
  wrong("P25", "reports created after it was closed", reporting((outcome) => (outcome === "unavailable" ? "created" : outcome))),
  wrong("P26", "starts a new generation in each process", () => {
    const generation = randomUUID();
    return { history: () => Promise.resolve({ generation, former: new Map<string, number>() }) };
  }),
  wrong("P25", "cannot be closed twice", (inner) => {
    let isClosed = false;
    return {
      async close() {
        if (isClosed) throw new StoreUnavailable("the store is closed");
        isClosed = true;
        await inner.close();
      },
    };
  }),
];
