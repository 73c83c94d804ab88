import type { Erasure } from "../../../core/store.ts";
import type { Prepare } from "./rows.ts";

/** Rows removed in one transaction: a batch that comes meanwhile waits some milliseconds for it. */
const REMOVED_AT_ONCE = 128;

/** Messages received before a `created_at`, one message, or all of a sender. */
export type Removable = { readonly before: string } | Erasure;

export interface RemovableRows {
  readonly seqs: readonly number[];
  /** There may be more. */
  readonly more: boolean;
}

/** Finds rows to remove, so many at a time; needs a snapshot. */
export function createRemovable(prepare: Prepare): (which: Removable) => RemovableRows {
  function rows(which: Removable): readonly number[] {
    if ("messageId" in which) return seqsOf("SELECT seq FROM messages WHERE message_id = ?", which.messageId);
    if ("from" in which) {
      const of = (table: string): readonly number[] =>
        seqsOf(`SELECT seq FROM ${table} WHERE from_msisdn = ? LIMIT ${REMOVED_AT_ONCE}`, which.from);
      const indexed = of("sender_messages");
      return indexed.length > 0 ? indexed : of("unindexed_messages");
    }
    // An earlier build wrote a space for the T.
    const oldest = prepare(`
      SELECT seq, replace(created_at, ' ', 'T') < ? AS old FROM messages ORDER BY seq LIMIT ${REMOVED_AT_ONCE}`).all(which.before);
    const kept = oldest.findIndex(({ old }) => old !== 1);
    return oldest.slice(0, kept === -1 ? oldest.length : kept).map(({ seq }) => Number(seq));
  }

  function seqsOf(sql: string, value: string): readonly number[] {
    return prepare(sql).all(value).map(({ seq }) => Number(seq));
  }

  return (which) => {
    const seqs = rows(which);
    return { seqs, more: seqs.length > 0 && !("messageId" in which) };
  };
}
