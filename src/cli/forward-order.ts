/** A message to forward. */
export interface Letter {
  readonly seq: number;
  readonly messageId: string;
  readonly from: string;
  /** The message as it came, with its line feed. */
  readonly line: Uint8Array;
}

export interface ForwardOrder {
  /** Adds the next message. `seq` must increase, except after `idle`. Settles once there is room for another. */
  add(letter: Letter): Promise<void>;
  /** Settles once nothing is in progress; sequence numbers may then start again. */
  idle(): Promise<void>;
  /** How many messages were added and are not done yet. */
  waiting(): number;
  /** Rejects if a delivery does. Never fulfilled. */
  readonly failed: Promise<never>;
}

export interface ForwardOrderOptions {
  /** Delivers one message. The next message of its sender is begun once this settles. */
  readonly deliver: (letter: Letter) => Promise<void>;
  /** Called with the sequence number up to which all messages are done, each time it increases. */
  readonly advance: (after: number) => void;
  /** The maximum number of messages that wait. Once it is reached, a stuck sender holds up the others. */
  readonly room: number;
}

/** Delivers the messages of one sender in order, one after the other, and those of different senders in parallel. */
export function createForwardOrder({ deliver, advance, room }: ForwardOrderOptions): ForwardOrder {
  /** The last delivery of each sender. */
  const ends = new Map<string, Promise<void>>();
  /** Messages that are not done yet, in order. */
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
