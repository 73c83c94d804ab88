import type { StoredMessage } from "../../core/message.ts";

type Position = Pick<StoredMessage, "ts" | "message_id">;

/** The order of `GET /messages?order=desc`: by `ts` in time, then by id by code point, both falling. Negative where `a` comes first. */
export function compareNewestFirst(a: Position, b: Position): number {
  return compareCodePoints(instantOf(b), instantOf(a)) || compareCodePoints(b.message_id, a.message_id);
}

/** Without its Z an instant is a prefix of those that follow it by a fraction. */
function instantOf(message: Position): string {
  return message.ts.slice(0, -1);
}

/** `<` compares UTF-16 units, which put U+FFFD behind an emoji. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    if (a[index] !== b[index]) return (a.codePointAt(index) ?? 0) - (b.codePointAt(index) ?? 0);
  }
  return a.length - b.length;
}
