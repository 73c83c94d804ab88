import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Message } from "../../src/core/message.ts";
import { createBatchWriter } from "../../src/storage/sqlite/write/batch.ts";
import { openDatabase } from "../../src/storage/sqlite/database.ts";
import { createIndexer } from "../../src/storage/sqlite/index/indexer.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { message, temporaryFolder } from "./store.ts";

/** A database of these messages, in their order, with no connection open. */
export function createDatabase(t: TestContext, messages: readonly Message[], options: { readonly derived: boolean }): string {
  const path = join(temporaryFolder(t), "app.db");
  using db = openDatabase(path);
  migrate(db);
  const writer = createBatchWriter(db, { indexer: createIndexer(db) });
  writer.write(messages.flatMap((one) => [one.messageId, one.from, one.to, one.ts, one.text]), "2025-01-15T10:00:00.000Z");
  while (options.derived && writer.catchUp());
  return path;
}

/** Some senders, days, hours and seconds; a few messages have no text. */
export function sampleMessages(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    message(`m${index}`, {
      from: `+${1 + (index % 7)}`,
      ts: `2025-01-1${index % 3}T1${index % 5}:0${index % 4}:00${index % 2 === 0 ? "" : ".25"}Z`,
      text: index % 10 === 9 ? null : `text number ${index}`,
    }),
  );
}
