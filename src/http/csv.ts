import type { StoredMessage } from "../core/message.ts";

const COLUMNS = ["message_id", "from", "to", "ts", "text", "created_at"] as const;

export const CSV_HEADER: string = `${COLUMNS.join(",")}\r\n`;

/** The header of records with payloads. */
export const CSV_HEADER_WITH_PAYLOAD: string = `${COLUMNS.join(",")},payload\r\n`;

/** A record with an additional cell for the payload. */
export function csvRecordWithPayload(message: StoredMessage): string {
  return `${csvRecord(message).slice(0, -2)},${csvCell(message.payload ?? null)}\r\n`;
}

/** One record (RFC 4180). A null text is an empty cell, an empty text a quoted one. */
export function csvRecord(message: StoredMessage): string {
  return `${COLUMNS.map((column) => csvCell(message[column])).join(",")}\r\n`;
}

// Some readers split the text at these characters, and join the parts of a record again only if the cell is quoted.
const QUOTED = /[",\r\n\u000b\u000c\u001c-\u001e\u0085\u2028\u2029]/;

/**
 * A spreadsheet treats a cell that begins with one of `= + - @`, their full-width forms, TAB, CR or LF as a formula, which can
 * send the content of other cells elsewhere. A leading `'` makes it text
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
function csvCell(value: string | null): string {
  if (value === null) return "";
  const text = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(value) ? `'${value}` : value;
  return text === "" || QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
