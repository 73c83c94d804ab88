import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "../../src/core/message.ts";
import type { MessageStore, StoreObserver } from "../../src/core/store.ts";
import { parseTimestamp } from "../../src/core/timestamp.ts";
import { openSqlite, type SqliteOptions } from "../../src/storage/sqlite/open.ts";
import { until } from "./until.ts";
import { atEnd, type Lifetime } from "./cleanup.ts";

/** Creates a folder that is deleted at the end of the test. */
export function temporaryFolder(t: Lifetime): string {
  const folder = mkdtempSync(join(tmpdir(), "webhook-inbox-test-"));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface OpenedStore {
  readonly store: MessageStore;
  readonly path: string;
  readonly committed: number[];
  readonly failures: string[];
  readonly fatal: string[];
  readonly indexFaults: string[];
}

/** Opens the real store on a file in a temporary folder, or on the given file. */
export async function openTestStore(t: Lifetime, options: Partial<SqliteOptions> & { readonly path?: string } = {}): Promise<OpenedStore> {
  const path = options.path ?? join(temporaryFolder(t), "app.db");
  const committed: number[] = [];
  const failures: string[] = [];
  const fatal: string[] = [];
  const indexFaults: string[] = [];
  const observer: StoreObserver = {
    committed: (messages) => committed.push(messages),
    commitFailed: (_messages, reason) => failures.push(reason),
    removed: () => {},
    indexFaulted: (reason) => indexFaults.push(reason),
  };
  const store = await openSqlite(
    { kind: "file", path },
    { clock: { nowMs: () => Date.now() }, observer, onFatal: (reason) => fatal.push(reason), ...options },
  );
  atEnd(t, () => store.close());
  return { store, path, committed, failures, fatal, indexFaults };
}

/** Waits until the index covers every message; until then reads scan the other rows. */
export async function untilIndexed(store: MessageStore): Promise<void> {
  await until("every message is indexed", () => store.maintenance().unindexedMessages === 0, { limitMs: 30_000 });
}

export function message(messageId: string, fields: Partial<Pick<Message, "from" | "to" | "ts" | "text">> = {}): Message {
  const timestamp = parseTimestamp(fields.ts ?? "2025-01-15T10:00:00Z");
  if (timestamp === undefined) throw new Error(`Cannot make a message: ts must be RFC 3339, not ${fields.ts}`);
  return { messageId, from: "+919876543210", to: "+14155550100", text: "Hello", ...fields, ts: timestamp.text, tsMs: timestamp.epochMs };
}
