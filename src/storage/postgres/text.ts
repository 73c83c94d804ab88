/**
 * PostgreSQL's text cannot hold U+0000 (https://www.postgresql.org/docs/current/datatype-character.html). It and the three
 * characters after it are stored as three characters each, which preserve code point order and every substring relation and can
 * be decoded again.
 */
const ESCAPES: Readonly<Record<string, string>> = {
  "\u0000": "\u0001\u0002\u0002",
  "\u0001": "\u0001\u0002\u0003",
  "\u0002": "\u0001\u0003\u0002",
  "\u0003": "\u0001\u0003\u0003",
};
const ORIGINALS: ReadonlyMap<string, string> = new Map(Object.entries(ESCAPES).map(([original, escaped]) => [escaped, original]));

/** A text as PostgreSQL can hold it. */
export function escapeText(text: string): string {
  return /[\u0000-\u0003]/.test(text) ? text.replace(/[\u0000-\u0003]/g, (character) => ESCAPES[character] ?? character) : text;
}

/** Undoes `escapeText`. */
export function unescapeText(text: string): string {
  return text.includes("\u0001") ? text.replace(/\u0001[\u0002\u0003]{2}/g, (escaped) => ORIGINALS.get(escaped) ?? escaped) : text;
}
