import type { Message } from "../../../src/core/message.ts";
import type { InsertOutcome, MessageStore } from "../../../src/core/store.ts";
import type { ContractCase } from "./case.ts";
import { openMemoryStore, type MemoryDatabase, type MemoryOptions } from "./memory-store.ts";

/** An engine that breaks one promise; the cases of that promise must fail for it. */
export interface WrongEngine {
  readonly promise: ContractCase["promise"];
  /** What it does wrong, as the predicate of a sentence. */
  readonly fault: string;
  /** Opens a store on the database of an earlier one. */
  open(database: MemoryDatabase, options: MemoryOptions): MessageStore;
}

/** The methods that an engine replaces. They may call the in-memory engine. */
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

/** Changes each message before it is stored. */
export function storing(alter: (message: Message) => Message): Change {
  return (inner) => ({ insert: (one) => inner.insert(alter(one)), insertAll: (all) => inner.insertAll(all.map(alter)) });
}

/** Changes the reported outcome of each message. */
export function reporting(alter: (outcome: InsertOutcome) => InsertOutcome): Change {
  return (inner) => ({
    insert: async (one) => alter(await inner.insert(one)),
    insertAll: async (all) => (await inner.insertAll(all)).map(alter),
  });
}
