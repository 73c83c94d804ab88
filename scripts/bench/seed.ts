import { parseArgs } from "node:util";
import { createBatchWriter } from "../../src/storage/sqlite/write/batch.ts";
import { openDatabase } from "../../src/storage/sqlite/database.ts";
import { createIndexer } from "../../src/storage/sqlite/index/indexer.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { createMessages } from "./messages.ts";

/** Rows a transaction: enough that the sync of each one does not count. */
const BATCH_MESSAGES = 5_000;
/** A quarter of a day of messages at this rate is about a million. */
const MESSAGES_PER_SECOND = 50;

export interface SeedOptions {
  readonly messages: number;
  /** Shows what is done, where it is a terminal. */
  readonly progress?: (done: number) => void;
}

/** Fills the database at `path` with unique messages through the store's own batch path. */
export function seed(path: string, options: SeedOptions): void {
  const db = openDatabase(path);
  migrate(db);
  const writer = createBatchWriter(db, { indexer: createIndexer(db) });
  const startMs = Date.parse("2025-01-01T00:00:00Z");
  const create = createMessages({ seed: 7, order: "growing", startMs, perSecond: MESSAGES_PER_SECOND });
  for (let done = 0; done < options.messages; ) {
    const end = Math.min(done + BATCH_MESSAGES, options.messages);
    const batch: string[] = [];
    for (; done < end; done += 1) {
      const message = create(done);
      batch.push(message.message_id, message.from, message.to, message.ts, message.text);
    }
    writer.write(batch, new Date().toISOString());
    options.progress?.(done);
  }
  while (writer.catchUp());
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { database: { type: "string" }, messages: { type: "string", default: "1000000" } } });
  if (values.database === undefined) {
    process.stderr.write("Cannot seed: --database must name a file\n");
    process.exitCode = 2;
  } else {
    const messages = Number(values.messages);
    const show = process.stderr.isTTY;
    seed(values.database, {
      messages,
      progress: (done) => {
        if (show) process.stderr.write(`\rseeding ${done} of ${messages}${done === messages ? "\n" : ""}`);
      },
    });
  }
}
