import { Buffer } from "node:buffer";
import { unzipSync } from "node:zlib";

/** One form of a body, with words for the log, which contain no part of it. */
export type BodyForm = readonly [words: string, bytes: Uint8Array];

type Rewrite = readonly [words: string, write: (json: string) => string];

const MAX_UNPACKED_BYTES = 64 * 1024;
const SIGN_THE_BYTES = "the bytes that are sent must be signed";
const BYTE_ORDER_MARK = "\ufeff";
const NOT_ASCII = /[\u007f-\uffff]/g;
/** Indenting deeply nested JSON multiplies its size; platforms nest fewer than ten levels deep. */
const MAX_DEPTH = 16;
/** The size of all forms together, in UTF-16 units: the event loop waits meanwhile, and anybody can send an invalid signature. */
const MAX_FORMS_LENGTH = 512 * 1024;
const BRACKETS = /"(?:[^"\\]|\\.)*"|[[\]{}]/g;
/** Numbers and strings, so that no digit of a string is taken for a number. */
const LITERALS = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g;
const MARKED_NUMBERS = /"\\u0000#([^"]*)"/g;

/** The most common first. */
const LAYOUTS: readonly (readonly [words: string, write: (value: unknown) => string])[] = [
  ["compact", (value) => JSON.stringify(value)],
  ["a space after each comma and colon", (value) => spaced(value)],
  ["compact, keys sorted", (value) => JSON.stringify(sorted(value))],
  ["a space after each comma and colon, keys sorted", (value) => spaced(sorted(value))],
  ["indented by 2 spaces", (value) => JSON.stringify(value, null, 2)],
  ["indented by 4 spaces", (value) => JSON.stringify(value, null, 4)],
  ["indented by tabs", (value) => JSON.stringify(value, null, "\t")],
];

const REWRITES: readonly Rewrite[] = [
  ["", (json) => json],
  [", non-ASCII characters escaped", escapeNotAscii],
  [", slashes escaped", escapeSlashes],
  [", slashes and non-ASCII characters escaped", (json) => escapeNotAscii(escapeSlashes(json))],
  [", escaped as Go does", (json) => json.replace(/[<>&\u2028\u2029]/g, escape)],
  [", escaped as Gson does", (json) => json.replace(/[<>&='\u2028\u2029]/g, escape)],
  [", escaped as System.Text.Json does", escapeAsDotNet],
  [", a line feed at the end", (json) => `${json}\n`],
  [", CRLF line ends", (json) => json.replaceAll("\n", "\r\n")],
];

/**
 * The same content as senders' libraries and proxies write it: JSON in other forms, the JSON in a string or in a parameter of a
 * form, the body decompressed if it is gzip or zlib. Empty for any other body. Bytes that several forms share are given once.
 * Of a large body, only the most common forms: at most 0.5 million characters in total.
 */
export function serialisedBodies(body: Uint8Array): readonly BodyForm[] {
  if ((body[0] === 0x1f && body[1] === 0x8b) || body[0] === 0x78) return unpacked(body);
  const text = Buffer.from(body).toString();
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  if (depthOf(json) > MAX_DEPTH) return [];
  try {
    const value: unknown = JSON.parse(json);
    const forms = new Map<string, string>();
    if (typeof value === "string") forms.set(value, "the signature matches the text in the JSON string: JSON was serialised twice");
    else {
      for (const [form, words] of serialised(json, value)) {
        forms.set(form, `the signature matches if the body is serialised again (${words})`);
      }
    }
    forms.set(JSON.stringify(json), "the signature matches the body as a JSON string: JSON was serialised twice before it was signed");
    forms.delete(text);
    return Array.from(forms, ([form, words]) => [`${words}: ${SIGN_THE_BYTES}`, Buffer.from(form)]);
  } catch {
    return formParameters(text);
  }
}

function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of json.matchAll(BRACKETS)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Words by the JSON that they describe. */
function serialised(json: string, value: unknown): ReadonlyMap<string, string> {
  const forms = new Map<string, string>();
  let length = 0;
  // Parsing changes 1.0 and the last digits of long numbers; some libraries do that too.
  const marked: unknown = JSON.parse(json.replace(LITERALS, (token) => (token.startsWith('"') ? token : `"\\u0000#${token}"`)));
  for (const [layout, write] of LAYOUTS) {
    if (length > MAX_FORMS_LENGTH) break;
    for (const plain of [write(value), write(marked).replace(MARKED_NUMBERS, "$1")]) {
      for (const [rewritten, rewrite] of REWRITES) {
        if (length + plain.length > MAX_FORMS_LENGTH) break;
        const form = rewrite(plain);
        if (forms.has(form)) continue;
        length += form.length;
        forms.set(form, `${layout}${rewritten}`);
      }
    }
  }
  return forms;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${spaced(one)}`).join(", ")}}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function escapeNotAscii(json: string): string {
  return json.replace(NOT_ASCII, escape);
}

function escapeSlashes(json: string): string {
  return json.replaceAll("/", "\\/");
}

/** .NET writes upper-case digits, and its default encoder escapes all characters that are special in HTML. */
function escapeAsDotNet(json: string): string {
  const upper = (text: string): string => `\\u${text.slice(2).toUpperCase()}`;
  return json
    .replace(/\\(?:u[0-9a-f]{4}|.)/g, (escaped) => (escaped === '\\"' ? "\\u0022" : escaped.length > 2 ? upper(escaped) : escaped))
    .replace(/[<>&'`+\u007f-\uffff]/g, (unit) => upper(escape(unit)));
}

function formParameters(text: string): readonly BodyForm[] {
  if (!/^[^\s{["]+=/.test(text)) return [];
  const [first] = new URLSearchParams(text).values();
  return [[`the signature matches the first parameter of the form: ${SIGN_THE_BYTES}`, Buffer.from(first ?? "")]];
}

function unpacked(body: Uint8Array): readonly BodyForm[] {
  try {
    const plain = unzipSync(body, { maxOutputLength: MAX_UNPACKED_BYTES });
    return [[`the signature matches if the body is decompressed: ${SIGN_THE_BYTES}`, plain]];
  } catch {
    return [];
  }
}
