import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";

interface Style {
  readonly between: string;
  readonly colon: string;
  readonly sorted: boolean;
}

const COMPACT: Style = { between: ",", colon: ":", sorted: false };
const SPACED: Style = { between: ", ", colon: ": ", sorted: false };
const MAX_UNPACKED_BYTES = 64 * 1024;
const NOT_ASCII = /[\u007f-\uffff]/g;
const SIGN_THE_BYTES = "the bytes that are sent must be signed";

/**
 * The same JSON as libraries of senders and proxies write it, each with words for the log, and the body decompressed if it is
 * gzip. At most about 20; none for a body that is neither. The words contain no part of the body.
 */
export function serialisedBodies(body: Uint8Array): readonly (readonly [words: string, bytes: Uint8Array])[] {
  if (body[0] === 0x1f && body[1] === 0x8b) return unpacked(body);
  try {
    const text = Buffer.from(body).toString();
    const value: unknown = JSON.parse(text);
    return serialised(value).filter(([, json]) => json !== text).map(([form, json]) => [
      `it matches when the body is serialised again (${form}): ${SIGN_THE_BYTES}`, Buffer.from(json),
    ]);
  } catch {
    // Not JSON, or nested too deeply for JSON.stringify.
    return [];
  }
}

function serialised(value: unknown): readonly (readonly [form: string, json: string])[] {
  const compact = JSON.stringify(value);
  const pretty = JSON.stringify(value, null, 2);
  const forms: readonly (readonly [form: string, json: string])[] = [
    ["compact", compact],
    ["a space after each comma and colon", write(value, SPACED)],
    ["indented by 2 spaces", pretty],
    ["indented by 4 spaces", JSON.stringify(value, null, 4)],
    ["compact, keys in order", write(value, { ...COMPACT, sorted: true })],
    ["a space after each comma and colon, keys in order", write(value, { ...SPACED, sorted: true })],
    ["compact, slashes escaped", compact.replaceAll("/", "\\/")],
  ];
  return [
    ...forms,
    ...forms.map(([form, json]) => [`${form}, all but ASCII escaped`, json.replace(NOT_ASCII, escape)] as const),
    ["compact, a line feed at the end", `${compact}\n`],
    ["indented by 2 spaces, a line feed at the end", `${pretty}\n`],
  ];
}

function write(value: unknown, style: Style): string {
  if (Array.isArray(value)) return `[${value.map((one) => write(one, style)).join(style.between)}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (style.sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, one]) => JSON.stringify(name) + style.colon + write(one, style)).join(style.between)}}`;
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function unpacked(body: Uint8Array): readonly (readonly [words: string, bytes: Uint8Array])[] {
  try {
    const plain = gunzipSync(body, { maxOutputLength: MAX_UNPACKED_BYTES });
    return [[`it matches when the body is unpacked from gzip: ${SIGN_THE_BYTES}`, plain]];
  } catch {
    return [];
  }
}
