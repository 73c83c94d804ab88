import type { SequencedMessage } from "../core/message.ts";
import type { MessageStore } from "../core/store.ts";

/** Messages in commit order, from a position on and then live, for many readers at once. */
export interface Feed {
  /** Every message with a `seq` above `after`, endlessly: no gaps, no duplicates. Ends soon after the signal is aborted. */
  follow(after: number, format: FeedFormat, signal: AbortSignal): AsyncGenerator<string, void>;
}

export interface FeedFormat {
  /** Formats that produce different texts must have different names. */
  readonly name: string;
  readonly write: (message: SequencedMessage) => string;
  /** Whether messages include their payloads. */
  readonly payload?: boolean;
  /** The text that is sent when there has been no message for `everyMs`. */
  readonly beat?: { readonly text: string; readonly everyMs: number };
}

interface Chunk {
  readonly text: string;
  /** The position to continue from. */
  readonly last: number;
  readonly more: boolean;
}

const MESSAGES_AT_ONCE = 256;

/** Reads from the store once for all readers that wait at the same position. */
export function createFeed(store: Pick<MessageStore, "since" | "onCommitted">): Feed {
  const waiting = new Set<() => void>();
  let commits = 0;
  /** Reads in progress that began after the latest commit; readers at the same position share them. */
  const reads = new Map<string, Promise<Chunk>>();
  store.onCommitted(() => {
    commits += 1;
    reads.clear();
    for (const wake of waiting) wake();
  });

  async function read(after: number, { write, payload = false }: FeedFormat): Promise<Chunk> {
    const { data, more } = await store.since(after, MESSAGES_AT_ONCE, { payload });
    return { text: data.map(write).join(""), last: data.at(-1)?.seq ?? after, more };
  }

  function sharedRead(after: number, format: FeedFormat): Promise<Chunk> {
    const position = `${format.name} ${after}`;
    const underWay = reads.get(position);
    if (underWay !== undefined) return underWay;
    const chunk = read(after, format).finally(() => {
      if (reads.get(position) === chunk) reads.delete(position);
    });
    reads.set(position, chunk);
    return chunk;
  }

  /** Settles at the next commit, when the signal is aborted, or after the given time. */
  function commit(signal: AbortSignal, withinMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(wake, withinMs);
      function wake(): void {
        clearTimeout(timer);
        waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      }
      waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  return {
    async *follow(after, format, signal) {
      let position = after;
      while (!signal.aborted) {
        // Taken before the read, so that messages committed during it are read next.
        const known = commits;
        let more = true;
        while (more && !signal.aborted) {
          const chunk = await sharedRead(position, format);
          if (chunk.text !== "") yield chunk.text;
          position = chunk.last;
          more = chunk.more;
        }
        while (commits === known && !signal.aborted) {
          await commit(signal, format.beat?.everyMs);
          if (format.beat !== undefined && commits === known && !signal.aborted) yield format.beat.text;
        }
      }
    },
  };
}
