import { parseArgs } from "node:util";
import type { MessageStore } from "../../src/core/store.ts";
import { openSqlite } from "../../src/storage/sqlite/open.ts";
import { createMessages } from "./messages.ts";

/** As many as may wait for a commit: the cost of the sync then hardly matters. */
const BATCH_MESSAGES = 4_000;
/** A quarter of a day of messages at this rate is about a million. */
const MESSAGES_PER_SECOND = 50;

export interface SeedOptions {
  readonly messages: number;
  /** Called with the number of messages stored so far. */
  readonly progress?: ((done: number) => void) | undefined;
}

/**
 * Fills the database at `path` with unique messages through the store itself. Derived data may still be incomplete afterwards: the
 * next service on the database completes it. Rejects if a message cannot be stored.
 */
export async function seed(path: string, { messages, progress }: SeedOptions): Promise<void> {
  const onFatal = (reason: string): never => {
    throw new Error(reason);
  };
  const observer = { committed: () => undefined, commitFailed: () => undefined, removed: () => undefined, indexFaulted: () => undefined };
  const store = await openSqlite({ kind: "file", path }, { clock: { nowMs: () => Date.now() }, observer, onFatal });
  await seedStore(store, { messages, progress });
  await store.close();
}

/** Fills a store that is open. */
export async function seedStore(store: Pick<MessageStore, "insert">, { messages, progress }: SeedOptions): Promise<void> {
  const startMs = Date.parse("2025-01-01T00:00:00Z");
  const create = createMessages({ seed: 7, order: "growing", startMs, perSecond: MESSAGES_PER_SECOND });
  for (let done = 0; done < messages; ) {
    const count = Math.min(BATCH_MESSAGES, messages - done);
    const inserted = Array.from({ length: count }, (_, index) => {
      const { message_id: messageId, from, to, ts, text } = create(done + index);
      return store.insert({ messageId, from, to, ts, tsMs: Date.parse(ts), text });
    });
    const failed = (await Promise.all(inserted)).find((outcome) => outcome !== "created");
    if (failed !== undefined) throw new Error(`Cannot seed: every message must be created, one was ${failed}`);
    done += count;
    progress?.(done);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { database: { type: "string" }, messages: { type: "string", default: "1000000" } } });
  if (values.database === undefined) {
    process.stderr.write("Cannot seed: --database must name a file\n");
    process.exitCode = 2;
  } else {
    const messages = Number(values.messages);
    const show = process.stderr.isTTY;
    await seed(values.database, {
      messages,
      progress: (done) => {
        if (show) process.stderr.write(`\rseeding ${done} of ${messages}${done === messages ? "\n" : ""}`);
      },
    });
  }
}
