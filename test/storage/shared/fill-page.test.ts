import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredMessage } from "../../../src/core/message.ts";
import { startPage, PAGE_CHARACTERS, PAGE_MESSAGES, PAGE_ROWS } from "../../../src/storage/shared/fill-page.ts";

function stored(text: string | null, payload?: string): StoredMessage {
  return { message_id: "m1", from: "+1", to: "+2", ts: "2025-01-15T10:00:00Z", text, created_at: "2025-01-15T10:00:00.000Z", ...(payload !== undefined && { payload }) };
}

/** The number of rows that a page takes if all of them are equal. */
function rowsTaken(message: StoredMessage | undefined, limit?: number): number {
  const page = startPage(limit);
  let rows = 1;
  while (!page.add(message)) rows += 1;
  assert.equal(page.data.length, message === undefined ? 0 : rows);
  return rows;
}

for (const [title, message, rows] of [
  ["at the maximum number of messages", stored(null), PAGE_MESSAGES],
  ["at the maximum number of rows, even if none matches", undefined, PAGE_ROWS],
  ["after the text that fills it", stored("x".repeat(PAGE_CHARACTERS / 2 - 1)), 3],
  ["after the payload that fills it", stored("x", "x".repeat(PAGE_CHARACTERS / 2 - 1)), 2],
  ["after a message that is larger than a page", stored("x", "x".repeat(3 * PAGE_CHARACTERS)), 1],
] as const) {
  test(`a page ends ${title}`, () => assert.equal(rowsTaken(message), rows));
}

test("a page ends at the requested limit", () => assert.equal(rowsTaken(stored("x"), 7), 7));
