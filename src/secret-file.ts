import { Buffer } from "node:buffer";
import { closeSync, constants, openSync, readSync } from "node:fs";
import type { Outcome } from "./core/outcome.ts";
import type { Secrets } from "./core/secrets.ts";
import { odditiesOf } from "./odd-text.ts";
import { readText, refuse } from "./setting.ts";
import { SETTINGS } from "./settings.ts";

/** Enough for more than a hundred keys. More would be costly: a wrong signature is compared with that of every key. */
const MAX_BYTES = 16_384;

export type ReadFile = (path: string) => string;

/**
 * Reads a file with one secret per line, the current one first. Blank lines, the CR of a CRLF and a byte order mark are
 * dropped; other white space belongs to the secret. `extraPrevious` is appended to the file's previous secrets.
 *
 * Refusals, each a line that begins with `WEBHOOK_SECRET_FILE`: the file cannot be read (with the system's error code), is
 * larger than 16 KiB, is not UTF-8 (a key in raw bytes), contains no secret, or one that would be invalid as `WEBHOOK_SECRET`.
 */
export function readSecretFile(
  path: string,
  readFile: ReadFile = readTextFile,
  options: { readonly extraPrevious?: readonly string[] } = {},
): Outcome<Secrets, string> {
  // Quoted as JSON, so that a line feed in the path cannot break the line.
  const file = JSON.stringify(path);
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    return refuse(SETTINGS.secretFile, `cannot read ${file} (${errorCode(error)}): must be a readable file`);
  }
  if (Buffer.byteLength(content) > MAX_BYTES) {
    return refuse(SETTINGS.secretFile, `cannot use ${file}: must have at most ${MAX_BYTES} bytes`);
  }
  // If decoding inserted a replacement character, signatures could never match.
  if (content.includes("\ufffd")) return refuse(SETTINGS.secretFile, `cannot use ${file}: must be UTF-8 text`);
  const [current, ...previous] = content
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line))
    .filter((line) => line.trim() !== "");
  if (current === undefined) return refuse(SETTINGS.secretFile, `cannot use ${file}: must contain at least one secret, one per line`);
  for (const [index, secret] of [current, ...previous].entries()) {
    const read = readText(SETTINGS.secret, secret);
    if (!read.ok) return refuse(SETTINGS.secretFile, `cannot use ${file}: secret ${index + 1} ${read.error}`);
  }
  return { ok: true, value: freezeSecrets(current, [...previous, ...(options.extraPrevious ?? [])]) };
}

/** Secrets that cannot be changed later. */
export function freezeSecrets(current: string, previous: readonly string[]): Secrets {
  return Object.freeze({ current, previous: Object.freeze([...previous]) });
}

/** A line for each secret of a file that looks wrong, although it may be intended. */
export function oddSecrets(secrets: readonly string[]): readonly string[] {
  return secrets.flatMap((secret, index) =>
    odditiesOf(secret).map((oddity) => `${SETTINGS.secretFile.name}: secret ${index + 1} has ${oddity}, which is taken as part of it`),
  );
}

/** Reads at most one byte more than allowed, since the file may be an endless device. Does not wait for the writer of a FIFO. */
function readTextFile(path: string): string {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(descriptor);
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
