import type { StoredMessage } from "../../core/message.ts";

/** A page ends after this many messages. */
export const PAGE_MESSAGES = 256;
/**
 * A page also ends after the message that brings its texts and requested payloads to this many characters: a payload may have
 * megabytes.
 */
export const PAGE_CHARACTERS: number = 128 * 1024;
/** A page also ends after this many rows examined. So each read is short, and no snapshot stays open for long. */
export const PAGE_ROWS = 2_000;

/** Collects the messages of one short read. */
export interface PageFill<T extends StoredMessage> {
  readonly data: readonly T[];
  /** Adds the next row examined: its message, or undefined if it does not match. Returns whether the page ends with it. */
  add(message: T | undefined): boolean;
}

/** An empty page for at most `limit` messages. Engines that fill a page in SQL use the same limits. */
export function startPage<T extends StoredMessage>(limit: number = PAGE_MESSAGES): PageFill<T> {
  const data: T[] = [];
  let rows = 0;
  let characters = 0;
  return {
    data,
    add(message) {
      rows += 1;
      if (message !== undefined) {
        data.push(message);
        characters += (message.text?.length ?? 0) + (message.payload?.length ?? 0);
      }
      return rows === PAGE_ROWS || data.length === limit || characters >= PAGE_CHARACTERS;
    },
  };
}
