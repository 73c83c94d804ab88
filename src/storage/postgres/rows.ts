import type { StoredMessage } from "../../core/message.ts";
import type { Row } from "../../postgres/backend.ts";
import type { Value } from "../../postgres/frontend.ts";
import { unescapeText } from "./text.ts";

/** The first four of `MESSAGE_COLUMNS`, of the table or alias `m`. */
export const LEADING_COLUMNS = "coalesce(m.long_id, m.message_id), coalesce(m.long_from, m.from_msisdn), m.to_msisdn, m.ts";

/** The columns that `toStoredMessage` reads, of the table or alias `m`. */
export const MESSAGE_COLUMNS: string = `${LEADING_COLUMNS}, m.text, m.created_at`;

/** Gathers the values of a statement: `add` returns the placeholder of a value, `$1` … */
export interface Parameters {
  readonly values: readonly Value[];
  add(value: Value): string;
}

/** No parameters yet; each one added gets the next number. */
export function createParameters(): Parameters {
  const values: Value[] = [];
  return { values, add: (value) => `$${values.push(value)}` };
}

/** How the column `ts` stores a normalized timestamp: as its `sortKey`. `toStoredMessage` adds the `Z` again. */
export function toKey(ts: string): string {
  return ts.endsWith("Z") ? ts.slice(0, -1) : ts;
}

/** A column as text; NULL is the empty text. */
export function textAt(row: Row | undefined, index: number): string {
  return row?.[index] ?? "";
}

/** A column as a number; NULL is 0. */
export function numberAt(row: Row | undefined, index: number): number {
  return Number(row?.[index] ?? 0);
}

/** Reads `MESSAGE_COLUMNS` starting at column `start`. */
export function toStoredMessage(row: Row, start = 0): StoredMessage {
  const text = row[start + 4];
  return {
    message_id: unescapeText(textAt(row, start)),
    from: unescapeText(textAt(row, start + 1)),
    to: unescapeText(textAt(row, start + 2)),
    ts: `${textAt(row, start + 3)}Z`,
    text: text === undefined || text === null ? null : unescapeText(text),
    created_at: textAt(row, start + 5),
  };
}

/** The member `payload` of a message that was read with its payload, from column `index`. */
export function payloadAt(row: Row, index: number): { readonly payload: string | null } {
  const payload = row[index];
  return { payload: payload === undefined || payload === null ? null : unescapeText(payload) };
}
