import type { Erasure } from "../../../core/store.ts";
import { isReceivedBefore, type LookBack, type LookedBack, type OldMessages } from "../../shared/retention.ts";
import type { Prepare } from "./rows.ts";

/** Rows removed in one transaction: a batch that arrives meanwhile waits some milliseconds. */
const REMOVED_AT_ONCE = 128;
/** Rows examined in one read. */
const LOOKED_AT_ONCE = 2_000;

/** Messages that are too old, one message, or all of a sender. */
export type Removable = OldMessages | Erasure;

export interface RemovableRows {
  readonly seqs: readonly number[];
  /** There may be more. */
  readonly more: boolean;
  /** For old messages: the last `seq` examined, if there are more after it. */
  readonly next?: number | undefined;
}

/** Finds rows to remove, up to `REMOVED_AT_ONCE` at a time; needs a snapshot. */
export function createRemovable(prepare: Prepare): (which: Removable) => RemovableRows {
  /** Examines each row: a message received while the clock was ahead may come before older ones. */
  function old({ beforeMs, after }: OldMessages): RemovableRows {
    const rows = prepare(`SELECT seq, created_at FROM messages WHERE seq > ? ORDER BY seq LIMIT ${LOOKED_AT_ONCE}`).all(after);
    const found = rows.filter((row) => isReceivedBefore(String(row["created_at"]), beforeMs)).map(({ seq }) => Number(seq));
    const seqs = found.slice(0, REMOVED_AT_ONCE);
    if (found.length > seqs.length) return { seqs, more: true, next: seqs.at(-1) };
    if (rows.length < LOOKED_AT_ONCE) return { seqs, more: false };
    return { seqs, more: true, next: Number(rows.at(-1)?.["seq"]) };
  }

  function rows(which: Erasure): readonly number[] {
    if ("from" in which) {
      const of = (table: string): readonly number[] =>
        seqsOf(`SELECT seq FROM ${table} WHERE from_msisdn = ? LIMIT ${REMOVED_AT_ONCE}`, which.from);
      const indexed = of("sender_messages");
      return indexed.length > 0 ? indexed : of("unindexed_messages");
    }
    return seqsOf("SELECT seq FROM messages WHERE message_id = ?", which.messageId);
  }

  function seqsOf(sql: string, value: string): readonly number[] {
    return prepare(sql).all(value).map(({ seq }) => Number(seq));
  }

  return (which) => {
    if ("beforeMs" in which) return old(which);
    const seqs = rows(which);
    return { seqs, more: seqs.length > 0 && !("messageId" in which) };
  };
}

/** Looks backwards for a message that was received before `beforeMs`: see `RetentionEngine`. */
export function createLookBack(prepare: Prepare): (which: LookBack) => LookedBack {
  return ({ beforeMs, before }) => {
    const rows = prepare(`SELECT seq, created_at FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ${LOOKED_AT_ONCE}`).all(before);
    const found = rows.find((row) => isReceivedBefore(String(row["created_at"]), beforeMs));
    const next = rows.length < LOOKED_AT_ONCE ? undefined : Number(rows.at(-1)?.["seq"]);
    return { receivedAt: found && String(found["created_at"]), next };
  };
}
