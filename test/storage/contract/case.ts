import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../../src/core/clock.ts";
import type { Message, StoredMessage } from "../../../src/core/message.ts";
import { comparePositions, type KeysetPosition } from "../../../src/core/order.ts";
import type { ExportPage, ExportQuery, MessagePage, MessageQuery } from "../../../src/core/queries.ts";
import type { MessageStore, RetentionFailure, RetentionSuspension } from "../../../src/core/store.ts";

/** The time at which every message of the contract is received, unless a case moves the clock. */
export const NOW_MS: number = Date.parse("2025-06-01T00:00:00Z");

export interface OpenOptions {
  /** By default a clock that stands still at `NOW_MS`. */
  readonly clock?: Clock;
  readonly retentionDays?: number;
}

/** A store under test, with the operations that an engine must offer so that it can be tested. */
export interface OpenedStore {
  readonly store: MessageStore;
  /**
   * What the observer received so far: the number of messages of each commit, failed commit and removal, suspensions, and failed
   * removals.
   */
  readonly observed: {
    readonly committed: readonly number[];
    readonly failed: readonly number[];
    readonly removed: readonly number[];
    readonly suspended: readonly RetentionSuspension[];
    readonly removalFailures: readonly RetentionFailure[];
  };
  /** Closes the store and opens the same database again, as the next process would. */
  reopen(options?: OpenOptions): Promise<OpenedStore>;
  /** Makes every commit fail without storing anything, until the returned function is called. */
  failCommits(): Promise<() => Promise<void>>;
  /** Makes the database refuse all writes within a second, until the returned function is called. */
  refuseWrites(): Promise<() => Promise<void>>;
}

/** A store with many messages that no case changes, and the same messages in the in-memory engine. */
export interface Corpus {
  readonly store: MessageStore;
  readonly expected: MessageStore;
}

/** The stores that a case can use. Those that it opens are closed at its end. */
export interface CaseContext {
  /** A new, empty store. */
  open(options?: OpenOptions): Promise<OpenedStore>;
  /** A store that other cases use too: only for cases that look up messages by their ids or senders. */
  shared(): Promise<OpenedStore>;
  corpus(): Promise<Corpus>;
}

/** A behaviour that every engine must have; `run` throws if an engine does not. */
export interface ContractCase {
  /** The number of the promise in `src/storage/README.md`. */
  readonly promise: `P${number}`;
  readonly name: string;
  run(context: CaseContext): Promise<void>;
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
    assertProgress(after, page.next);
    after = page.next;
  } while (after !== undefined);
}

export async function exportAll(store: MessageStore, query: ExportQuery): Promise<StoredMessage[]> {
  const data: StoredMessage[] = [];
  let { after } = query;
  do {
    const page: ExportPage = await store.exportPage({ ...query, ...(after && { after }) });
    data.push(...page.data);
    assertProgress(after, page.next);
    after = page.next;
  } while (after !== undefined);
  return data;
}

/** Like `assert.deepEqual`, but reports only that large results differ, because finding the difference takes half a minute. */
export function assertSame(actual: unknown, expected: unknown, label: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const isSmall = Math.max(JSON.stringify(actual)?.length ?? 0, JSON.stringify(expected)?.length ?? 0) < 5_000;
  assert.deepEqual(isSmall ? actual : "a different result", isSmall ? expected : "the result of the in-memory engine", label);
}

/** Without progress a walk would never end. */
function assertProgress(before: KeysetPosition | undefined, next: KeysetPosition | undefined): void {
  if (before !== undefined && next !== undefined) assert.notEqual(comparePositions(before, next), 0, "a page must end after the position where it begins");
}

/** All messages after `seq`, in the order of commits. */
export async function tailAll(store: MessageStore, seq = 0, options: { readonly payload?: boolean } = {}): Promise<readonly (StoredMessage & { readonly seq: number })[]> {
  const data: (StoredMessage & { readonly seq: number })[] = [];
  for (let more = true; more; ) {
    const page = await store.since(data.at(-1)?.seq ?? seq, 1_000, options);
    data.push(...page.data);
    more = page.more && page.data.length > 0;
  }
  return data;
}

/** Makes `count` messages from their numbers. */
export function make(count: number, one: (index: number) => Message): readonly Message[] {
  return Array.from({ length: count }, (_, index) => one(index));
}

/** Repeats a check while the work is in progress, and rejects if either rejects. */
export async function checkWhile(check: () => Promise<void>, work: () => Promise<unknown>): Promise<void> {
  let isOver = false;
  const working = work().finally(() => {
    isOver = true;
  });
  async function repeatCheck(): Promise<void> {
    while (!isOver) await check();
  }
  await Promise.all([working, repeatCheck()]);
}
