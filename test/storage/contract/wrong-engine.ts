import type { Message } from "../../../src/core/message.ts";
import type { InsertOutcome, MessageStore } from "../../../src/core/store.ts";
import type { ContractCase } from "./case.ts";
import { openMemoryStore, type MemoryDatabase, type MemoryOptions } from "./memory-store.ts";

/** An engine that breaks one promise: the cases that hold it must find that out. */
export interface WrongEngine {
  readonly promise: ContractCase["promise"];
  /** What it does wrong. */
  readonly fault: string;
  /** Opens a store on what an earlier one has left. */
  open(database: MemoryDatabase, options: MemoryOptions): MessageStore;
}

/** What an engine does otherwise than the one in memory, which it may ask. */
export type Change = (inner: MessageStore, database: MemoryDatabase, options: MemoryOptions) => Partial<MessageStore>;

export function wrong(promise: WrongEngine["promise"], fault: string, change: Change): WrongEngine {
  return {
    promise,
    fault,
    open(database, options) {
      const inner = openMemoryStore(database, options);
      return { ...inner, ...change(inner, database, options) };
    },
  };
}

/** Stores something else than it is given. */
export function storing(alter: (message: Message) => Message): Change {
  return (inner) => ({ insert: (one) => inner.insert(alter(one)), insertAll: (all) => inner.insertAll(all.map(alter)) });
}

/** Says something else than what became of a message. */
export function telling(alter: (outcome: InsertOutcome) => InsertOutcome): Change {
  return (inner) => ({
    insert: async (one) => alter(await inner.insert(one)),
    insertAll: async (all) => (await inner.insertAll(all)).map(alter),
  });
}
