import type { DatabaseSync } from "node:sqlite";
import type { Derivation } from "./derivation.ts";
import { compareText } from "./rows.ts";
import { SENDER_LEVELS, upsertTimeCounts } from "./time-counts.ts";

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

/** The rows of a round, in the order of sender and `seq`. */
interface Round {
  readonly senders: readonly string[];
  readonly seqs: readonly number[];
  /** How many of them are derived. */
  readonly done: number;
}

const NO_ROUND: Round = { senders: [], seqs: [], done: 0 };

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
  let round = NO_ROUND;
  /** The next round's rows, as far as they are known: those up to `gathered`. */
  let waiting = new Map<string, number[]>();
  let gathered = place.roundMark;
  let batches = 0;
  let sliceAt = last;
  let pending: { readonly place: Place; readonly round: Round } | undefined;

  if (place.roundMark > place.mark) {
    const left = new Map<string, number[]>();
    gather(left, place.mark, place.roundMark, ({ sender, seq }) => compareText(sender, place.reachedSender) > 0 || (sender === place.reachedSender && seq > place.reachedSeq));
    round = toRound(left);
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
    round = toRound(waiting);
    waiting = new Map();
    place = { ...place, roundMark: gathered };
    batches = 0;
  }

  function isUnderWay(): boolean {
    return round.done < round.seqs.length;
  }

  return {
    steps() {
      if (isUnderWay()) return (last - sliceAt) / SLICE_ROWS;
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
      if (!isUnderWay()) beginRound();
      // What lies behind by more than a round is taken in larger slices.
      const end = round.done + (last - place.mark > 2 * ROUND_ROWS ? 4 : 1) * SLICE_ROWS;
      const seqs = round.seqs.slice(round.done, end);
      const picked = JSON.stringify(seqs);
      insert.run({ seqs: picked });
      countTimes.run({ seqs: picked });
      let firsts = 0;
      for (const [sender, rows] of tally(round.senders.slice(round.done, end))) firsts += Number(count.get(sender, rows)?.["first"]);
      const done = round.done + seqs.length;
      const next: Place = done === round.seqs.length
        ? { mark: place.roundMark, roundMark: place.roundMark, reachedSender: "", reachedSeq: 0 }
        : { ...place, reachedSender: round.senders[done - 1] ?? "", reachedSeq: round.seqs[done - 1] ?? 0 };
      record.run(next.mark, next.roundMark, next.reachedSender, next.reachedSeq, firsts);
      pending = { place: next, round: { ...round, done } };
    },
    settle(committed) {
      if (committed && pending !== undefined) {
        ({ place, round } = pending);
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

function toRound(rows: ReadonlyMap<string, readonly number[]>): Round {
  const sorted = [...rows].sort(([a], [b]) => compareText(a, b));
  return { senders: sorted.flatMap(([sender, seqs]) => seqs.map(() => sender)), seqs: sorted.flatMap(([, seqs]) => seqs), done: 0 };
}

/** How many rows each of them has. */
function tally(senders: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const sender of senders) counts.set(sender, (counts.get(sender) ?? 0) + 1);
  return counts;
}
