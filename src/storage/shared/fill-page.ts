import type { StoredMessage } from "../../core/message.ts";

/** A page ends with so many messages, … */
export const PAGE_MESSAGES = 256;
/** … with the one that brings its texts, and the payloads that are asked for, to so many characters: one may have megabytes; … */
export const PAGE_CHARACTERS: number = 128 * 1024;
/** … or with so many rows looked at: each read is a short one, so that no snapshot stays open for long. */
export const PAGE_ROWS = 2_000;

/** The messages of one short read. */
export interface PageFill<T extends StoredMessage> {
  readonly data: readonly T[];
  /** Takes the row that was looked at next: its message, or undefined if it does not match. Gives whether the page ends with it. */
  add(message: T | undefined): boolean;
}

/** An empty page for at most so many messages. Engines that fill it in a language of their own use the same bounds. */
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
