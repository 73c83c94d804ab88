import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Message } from "../../src/core/message.ts";
import { createBatchWriter } from "../../src/storage/sqlite/write/batch.ts";
import { openDatabase } from "../../src/storage/sqlite/database.ts";
import { openMessageIndex } from "../../src/storage/sqlite/index/message-index.ts";
import { indexLocation } from "../../src/storage/sqlite/index/schema.ts";
import { CHECKS, startVerifier } from "../../src/storage/sqlite/maintain/verifier.ts";
import { migrate } from "../../src/storage/sqlite/migrations.ts";
import { atEnd } from "./cleanup.ts";
import { message, temporaryFolder } from "./store.ts";

/** Creates a database with these messages, in this order, and closes it. If `indexed`, it has an index that covers them all. */
export function createDatabase(t: TestContext, messages: readonly Message[], options: { readonly indexed: boolean }): string {
  const path = join(temporaryFolder(t), "app.db");
  const db = openDatabase(path);
  migrate(db);
  const writer = createBatchWriter(db);
  writer.write(messages.flatMap((one) => [one.messageId, one.from, one.to, one.ts, one.text]), "2025-01-15T10:00:00.000Z");
  db.close();
  if (options.indexed) indexAll(path);
  return path;
}

/** Builds the index of the database at `path` up to its last row. */
export function indexAll(path: string): void {
  const index = openMessageIndex({ location: indexLocation(path), database: path, busyTimeoutMs: 5_000 });
  while (index.step().unindexed > 0);
  index.close();
}

/** Fails unless the database at `path` and its index pass every check. */
export async function assertSound(t: TestContext, path: string): Promise<void> {
  const verifier = await startVerifier(path);
  atEnd(t, () => verifier.close());
  for (const name of CHECKS) {
    const { ok, detail } = await verifier.check(name);
    assert.ok(ok, `${name}: ${detail}`);
  }
}

/** Messages of several senders, days, hours and seconds; a few have no text. */
export function sampleMessages(count: number): readonly Message[] {
  return Array.from({ length: count }, (_, index) =>
    message(`m${index}`, {
      from: `+${1 + (index % 7)}`,
      ts: `2025-01-1${index % 3}T1${index % 5}:0${index % 4}:00${index % 2 === 0 ? "" : ".25"}Z`,
      text: index % 10 === 9 ? null : `text number ${index}`,
    }),
  );
}
