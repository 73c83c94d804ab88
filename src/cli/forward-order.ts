/** A message that is to be forwarded. */
export interface Letter {
  readonly seq: number;
  readonly messageId: string;
  readonly from: string;
  /** As it came, with the line feed. */
  readonly line: Uint8Array;
}

export interface ForwardOrder {
  /** Takes the next message; `seq` must rise, except as `idle` says. Settles when there is room for another. */
  add(letter: Letter): Promise<void>;
  /** Settles once nothing is in progress; sequence numbers may then begin again. */
  idle(): Promise<void>;
  /** How many have been added and are not done. */
  waiting(): number;
  /** Rejects if a delivery does. Never fulfilled. */
  readonly failed: Promise<never>;
}

export interface ForwardOrderOptions {
  /** Settles once the message is done with: the next one of its sender is then begun. */
  readonly deliver: (letter: Letter) => Promise<void>;
  /** Called when more is done: every message up to this sequence number is. */
  readonly advance: (after: number) => void;
  /** The most that wait, in messages; a sender that is stuck holds the others up only beyond it. */
  readonly room: number;
}

/** Delivers the messages of each sender one after the other, in order, and those of several senders side by side. */
export function createForwardOrder({ deliver, advance, room }: ForwardOrderOptions): ForwardOrder {
  /** The end of what waits, by sender. */
  const ends = new Map<string, Promise<void>>();
  /** Those that are not done, in order. */
  const open = new Set<number>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  let newest = 0;
  let madeRoom = Promise.withResolvers<void>();

  function settle(seq: number): void {
    const [first] = open;
    open.delete(seq);
    if (first === seq) {
      const [next] = open;
      advance(next === undefined ? newest : next - 1);
    }
    madeRoom.resolve();
    madeRoom = Promise.withResolvers();
  }

  async function afterOthers(previous: Promise<void> | undefined, letter: Letter): Promise<void> {
    await previous;
    await deliver(letter);
    settle(letter.seq);
  }

  return {
    async add(letter) {
      const { from, seq } = letter;
      open.add(seq);
      newest = seq;
      const end = afterOthers(ends.get(from), letter);
      ends.set(from, end);
      end.then(() => {
        if (ends.get(from) === end) ends.delete(from);
      }, failure.reject);
      while (open.size >= room) await madeRoom.promise;
    },
    async idle() {
      while (open.size > 0) await madeRoom.promise;
    },
    waiting: () => open.size,
    failed: failure.promise,
  };
}
