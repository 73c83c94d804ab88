import type { DatabaseSync } from "node:sqlite";
import type { Derivation } from "./derivation.ts";
import { compareText } from "../../../core/order.ts";
import { SENDER_LEVELS, upsertTimeCounts } from "../read/time-counts.ts";

/** More rows a round write fewer pages, since a sender's rows of one round lie side by side; and readers scan more of them. */
const ROUND_ROWS = 8_192;
/** So many batches begin a round too: with few messages its rows would wait for long. */
const ROUND_BATCHES = 1_024;
/** Rows derived in one transaction: the batch that it rides on waits 1 ms for it. */
const SLICE_ROWS = 256;

/** Where the derivation stands: see `migrations.ts`. */
interface Place {
  readonly mark: number;
  readonly roundMark: number;
  readonly reachedSender: string;
  readonly reachedSeq: number;
}

/** Rows of a round that are derived together, in the order of sender and `seq`. */
interface Slice {
  readonly seqs: readonly number[];
  /** How many of them are whose. */
  readonly counts: readonly (readonly [sender: string, rows: number])[];
}

const PICKED = "json_each(:seqs) AS picked CROSS JOIN messages ON seq = picked.value";

/**
 * What is kept of each sender: its messages in the order of time, and its counts. Every sender has pages of its own, so
 * thousands of rows are taken together, a round, and written in the order of senders, a slice at a time.
 */
export function createSenderDerivation(db: DatabaseSync, last: number): Derivation {
  const readRows = db.prepare("SELECT from_msisdn, seq FROM messages NOT INDEXED WHERE seq > ? AND seq <= ?");
  const record = db.prepare(
    "UPDATE index_state SET sender_mark = ?, round_mark = ?, reached_sender = ?, reached_seq = ?, senders = senders + ?",
  );
  const count = db.prepare(`
    INSERT INTO sender_counts (from_msisdn, count) VALUES (?1, ?2)
    ON CONFLICT (from_msisdn) DO UPDATE SET count = count + excluded.count RETURNING count = ?2 AS first`);
  const countTimes = db.prepare(upsertTimeCounts("from_msisdn", SENDER_LEVELS, PICKED));
  const insert = db.prepare(`
    INSERT INTO sender_messages (from_msisdn, key, message_id, seq) SELECT from_msisdn, rtrim(ts, 'Z'), message_id, seq FROM ${PICKED}`);

  let place = readPlace(db);
  /** What is left of the round. */
  let slices: readonly Slice[] = [];
  /** The next round's rows, as far as they are known: those up to `gathered`. */
  let waiting = new Map<string, number[]>();
  let gathered = place.roundMark;
  let batches = 0;
  let sliceAt = last;
  let pending: { readonly place: Place; readonly slices: readonly Slice[] } | undefined;

  if (place.roundMark > place.mark) {
    const left = new Map<string, number[]>();
    gather(left, place.mark, place.roundMark, ({ sender, seq }) => compareText(sender, place.reachedSender) > 0 || (sender === place.reachedSender && seq > place.reachedSeq));
    slices = toSlices(left);
  }

  function gather(into: Map<string, number[]>, low: number, high: number, accepts: (row: { sender: string; seq: number }) => boolean = () => true): void {
    for (const row of readRows.iterate(low, high)) {
      const sender = String(row["from_msisdn"]);
      const seq = Number(row["seq"]);
      if (accepts({ sender, seq })) append(into, sender, seq);
    }
  }

  function beginRound(): void {
    const high = Math.min(last, place.mark + ROUND_ROWS);
    // Rows that were there at the start, such as those of an adopted table.
    if (gathered < high) gather(waiting, gathered, high);
    gathered = Math.max(gathered, high);
    slices = toSlices(waiting);
    waiting = new Map();
    place = { ...place, roundMark: gathered };
    batches = 0;
  }

  return {
    steps() {
      if (slices.length > 0) return (last - sliceAt) / SLICE_ROWS;
      return Math.max((last - place.mark) / ROUND_ROWS, last > place.mark && batches >= ROUND_BATCHES ? 1 : 0);
    },
    isBehind: () => last > place.mark,
    grew(senders) {
      batches += 1;
      if (gathered === last) {
        for (const sender of senders) append(waiting, sender, ++gathered);
      }
      last += senders.length;
    },
    advance() {
      if (slices.length === 0) beginRound();
      // What lies behind by more than a round is taken in larger steps.
      const taken = slices.slice(0, last - place.mark > 2 * ROUND_ROWS ? 4 : 1);
      let firsts = 0;
      for (const { seqs, counts } of taken) {
        const picked = JSON.stringify(seqs);
        insert.run({ seqs: picked });
        countTimes.run({ seqs: picked });
        for (const [sender, rows] of counts) firsts += Number(count.get(sender, rows)?.["first"]);
      }
      const reached = taken.at(-1);
      const left = slices.slice(taken.length);
      const next: Place = left.length === 0
        ? { mark: place.roundMark, roundMark: place.roundMark, reachedSender: "", reachedSeq: 0 }
        : { ...place, reachedSender: reached?.counts.at(-1)?.[0] ?? "", reachedSeq: reached?.seqs.at(-1) ?? 0 };
      record.run(next.mark, next.roundMark, next.reachedSender, next.reachedSeq, firsts);
      pending = { place: next, slices: left };
    },
    settle(committed) {
      if (committed && pending !== undefined) {
        ({ place, slices } = pending);
        sliceAt = last;
      }
      pending = undefined;
    },
  };
}

function readPlace(db: DatabaseSync): Place {
  const state = db.prepare("SELECT sender_mark, round_mark, reached_sender, reached_seq FROM index_state").get();
  return {
    mark: Number(state?.["sender_mark"]),
    roundMark: Number(state?.["round_mark"]),
    reachedSender: String(state?.["reached_sender"]),
    reachedSeq: Number(state?.["reached_seq"]),
  };
}

function append(to: Map<string, number[]>, sender: string, seq: number): void {
  const seqs = to.get(sender);
  if (seqs === undefined) to.set(sender, [seq]);
  else seqs.push(seq);
}

function toSlices(rows: ReadonlyMap<string, readonly number[]>): readonly Slice[] {
  const slices: Slice[] = [];
  let seqs: number[] = [];
  let counts: [string, number][] = [];
  for (const [sender, all] of [...rows].sort(([a], [b]) => compareText(a, b))) {
    for (let at = 0; at < all.length; ) {
      const some = all.slice(at, at + SLICE_ROWS - seqs.length);
      seqs.push(...some);
      counts.push([sender, some.length]);
      at += some.length;
      if (seqs.length < SLICE_ROWS) break;
      slices.push({ seqs, counts });
      seqs = [];
      counts = [];
    }
  }
  if (seqs.length > 0) slices.push({ seqs, counts });
  return slices;
}
