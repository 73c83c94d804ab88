import { isDeepStrictEqual } from "node:util";
import type { SequencedMessage } from "../../core/message.ts";

/** A message as it is copied between databases: with its `seq`, `created_at` and payload. */
export interface TransferRow extends SequencedMessage {
  readonly payload: string | null;
}

/** A database to copy from. No service changes it meanwhile. */
export interface TransferSource {
  /** The next messages after `seq`, in commit order. */
  rows(seq: number, limit: number): Promise<readonly TransferRow[]>;
  /** The next ids of removed messages, in code point order; from the first if `after` is undefined. */
  removedIds(after: string | undefined, limit: number): Promise<readonly string[]>;
  /** The largest `seq` of a message, and of a removed message; 0 if there is none. */
  extent(): Promise<{ readonly lastSeq: number; readonly removedSeq: number }>;
  close(): Promise<void>;
}

/** A database to copy to. Each change is one transaction, synced. */
export interface TransferTarget extends TransferSource {
  add(rows: readonly TransferRow[]): Promise<void>;
  addRemoved(ids: readonly string[]): Promise<void>;
  /** The last step: ensures that later messages get a `seq` greater than `removedSeq`, too. */
  finish(removedSeq: number): Promise<void>;
}

export interface Copied {
  readonly messages: number;
  readonly removedIds: number;
}

/** Called with the share that is done, from 0 to 1. */
type Progress = (share: number) => void;

const ROWS_AT_ONCE = 200;
const IDS_AT_ONCE = 5_000;

/**
 * Copies all messages and the ids of removed ones. An interrupted copy continues where it stopped.
 *
 * Rejects if the last row of the target differs from the source's row with the same `seq`; `compare` compares all rows.
 */
export async function transfer(source: TransferSource, target: TransferTarget, progress: Progress): Promise<void> {
  const { lastSeq, removedSeq } = await source.extent();
  let { lastSeq: seq } = await target.extent();
  if (seq > 0) {
    const [[had], [has]] = await Promise.all([source.rows(seq - 1, 1), target.rows(seq - 1, 1)]);
    if (!isDeepStrictEqual(had, has)) throw new Error("Cannot copy: the target must be empty or contain part of this copy");
  }
  for (let rows = await source.rows(seq, ROWS_AT_ONCE); rows.length > 0; rows = await source.rows(seq, ROWS_AT_ONCE)) {
    await target.add(rows);
    seq = rows.at(-1)?.seq ?? seq;
    progress(seq / lastSeq);
  }
  let last: string | undefined;
  for await (const ids of batchesOfIds(target)) last = ids.at(-1);
  for await (const ids of batchesOfIds(source, last)) await target.addRemoved(ids);
  await target.finish(removedSeq);
}

/** Compares both databases completely. Rejects with the first difference. */
export async function compare(source: TransferSource, target: TransferSource, progress: Progress): Promise<Copied> {
  const { lastSeq, removedSeq } = await source.extent();
  let messages = 0;
  let seq = 0;
  for (;;) {
    const [had, has] = await Promise.all([source.rows(seq, ROWS_AT_ONCE), target.rows(seq, ROWS_AT_ONCE)]);
    const at = had.findIndex((row, index) => !isDeepStrictEqual(row, has[index]));
    if (at !== -1 || had.length !== has.length) {
      throw new Error(`The copy differs: both databases must have the same message with seq ${(had[at] ?? has[had.length])?.seq}`);
    }
    const last = had.at(-1);
    if (last === undefined) break;
    messages += had.length;
    seq = last.seq;
    progress(seq / lastSeq);
  }
  const removedIds = await compareRemoved(source, target);
  if ((await target.extent()).removedSeq !== removedSeq) {
    throw new Error(`The copy differs: both databases must continue numbering after ${removedSeq}`);
  }
  return { messages, removedIds };
}

async function compareRemoved(source: TransferSource, target: TransferSource): Promise<number> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    const [had, has] = await Promise.all([source.removedIds(after, IDS_AT_ONCE), target.removedIds(after, IDS_AT_ONCE)]);
    if (!isDeepStrictEqual(had, has)) throw new Error("The copy differs: both databases must have the same ids of removed messages");
    count += had.length;
    after = had.at(-1);
    if (after === undefined) return count;
  }
}

async function* batchesOfIds(source: TransferSource, after?: string): AsyncGenerator<readonly string[]> {
  for (let last = after; ; ) {
    const ids = await source.removedIds(last, IDS_AT_ONCE);
    if (ids.length === 0) return;
    yield ids;
    last = ids.at(-1);
  }
}
