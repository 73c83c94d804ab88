import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../../src/core/clock.ts";
import type { Message, StoredMessage } from "../../../src/core/message.ts";
import { comparePositions, type KeysetPosition } from "../../../src/core/order.ts";
import type { ExportPage, ExportQuery, MessagePage, MessageQuery } from "../../../src/core/queries.ts";
import type { MessageStore, RetentionFailure, RetentionSuspension } from "../../../src/core/store.ts";

/** When every message of the contract is received, unless a case moves the clock. */
export const NOW_MS: number = Date.parse("2025-06-01T00:00:00Z");

export interface OpenOptions {
  /** Stands still at `NOW_MS` by default. */
  readonly clock?: Clock;
  readonly retentionDays?: number;
}

/** A store under test, and what an engine must offer so that it can be tested. */
export interface OpenedStore {
  readonly store: MessageStore;
  /** What the store has told its observer so far: messages of each commit, of each failed one, of each removal, leaps of the clock, and removals that failed. */
  readonly told: {
    readonly committed: readonly number[];
    readonly failed: readonly number[];
    readonly removed: readonly number[];
    readonly suspended: readonly RetentionSuspension[];
    readonly removalFailures: readonly RetentionFailure[];
  };
  /** Closes the store and opens the same database again, as the next process would. */
  reopen(options?: OpenOptions): Promise<OpenedStore>;
  /** From now on every commit fails, so that none of it is stored, until the function that it gives is called. */
  failCommits(): Promise<() => Promise<void>>;
  /** From now on the database takes no write at all, within a second, until the function that it gives is called. */
  refuseWrites(): Promise<() => Promise<void>>;
}

/** A store of many messages that no case changes, and the same messages in the engine in memory. */
export interface Library {
  readonly store: MessageStore;
  readonly expected: MessageStore;
}

/** What a case works with. What it opens lasts as long as the case. */
export interface Bench {
  /** A new, empty store. */
  open(options?: OpenOptions): Promise<OpenedStore>;
  /** A store that other cases use too: only for what asks for messages by their ids or senders. */
  shared(): Promise<OpenedStore>;
  library(): Promise<Library>;
}

/** One thing that every engine does. Throws if this one does not. */
export interface ContractCase {
  /** The number in `src/storage/README.md`. */
  readonly promise: `P${number}`;
  readonly name: string;
  run(bench: Bench): Promise<void>;
}

export function idsOf(page: { readonly data: readonly Pick<StoredMessage, "message_id">[] }): string[] {
  return page.data.map((row) => row.message_id);
}

export async function listIds(store: MessageStore, query: Partial<MessageQuery> = {}): Promise<string[]> {
  return idsOf(await store.list({ limit: 100, offset: 0, ...query }));
}

export async function totalOf(store: MessageStore, query: Partial<MessageQuery> = {}): Promise<number> {
  return (await store.list({ limit: 1, offset: 0, ...query })).total;
}

/** The pages of a list from position to position, until the last one. */
export async function* walkList(store: MessageStore, query: Omit<MessageQuery, "offset" | "after">): AsyncGenerator<MessagePage> {
  let after: KeysetPosition | undefined;
  do {
    const page: MessagePage = await store.list({ ...query, offset: 0, ...(after && { after }) });
    yield page;
    requireProgress(after, page.next);
    after = page.next;
  } while (after !== undefined);
}

export async function exportAll(store: MessageStore, query: ExportQuery): Promise<StoredMessage[]> {
  const data: StoredMessage[] = [];
  let { after } = query;
  do {
    const page: ExportPage = await store.exportPage({ ...query, ...(after && { after }) });
    data.push(...page.data);
    requireProgress(after, page.next);
    after = page.next;
  } while (after !== undefined);
  return data;
}

/** `assert.deepEqual`, but says of large results only that they differ: to say where takes half a minute. */
export function requireSame(actual: unknown, expected: unknown, label: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const isSmall = Math.max(JSON.stringify(actual)?.length ?? 0, JSON.stringify(expected)?.length ?? 0) < 5_000;
  assert.deepEqual(isSmall ? actual : "another result", isSmall ? expected : "that of the engine in memory", label);
}

/** Otherwise a walk would never end. */
function requireProgress(before: KeysetPosition | undefined, next: KeysetPosition | undefined): void {
  if (before !== undefined && next !== undefined) assert.notEqual(comparePositions(before, next), 0, "a page must end after the position that it begins at");
}

/** Everything after `seq` in the order of commits. */
export async function tailAll(store: MessageStore, seq = 0, options: { readonly payload?: boolean } = {}): Promise<readonly (StoredMessage & { readonly seq: number })[]> {
  const data: (StoredMessage & { readonly seq: number })[] = [];
  for (let more = true; more; ) {
    const page = await store.since(data.at(-1)?.seq ?? seq, 1_000, options);
    data.push(...page.data);
    more = page.more && page.data.length > 0;
  }
  return data;
}

/** Numbered messages, made one by one. */
export function make(count: number, one: (index: number) => Message): readonly Message[] {
  return Array.from({ length: count }, (_, index) => one(index));
}

/** Looks again and again while something else is in progress, and fails if either does. */
export async function lookWhile(look: () => Promise<void>, work: () => Promise<unknown>): Promise<void> {
  let isOver = false;
  const working = work().finally(() => {
    isOver = true;
  });
  async function lookAgain(): Promise<void> {
    while (!isOver) await look();
  }
  await Promise.all([working, lookAgain()]);
}
