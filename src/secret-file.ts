import { readFileSync } from "node:fs";
import type { Outcome } from "./core/outcome.ts";
import type { Secrets } from "./core/secrets.ts";
import { refuse } from "./setting.ts";
import { SETTINGS } from "./settings.ts";

export type ReadFile = (path: string) => string;

/**
 * Reads a file with one secret a line, the first the current one. Blank lines, the CR of a CRLF and a byte order mark
 * are dropped; other white space belongs to the secret. `extraPrevious` follows the file's own previous secrets.
 *
 * Refusals, each a line that begins with `WEBHOOK_SECRET_FILE`: the file cannot be read (with the system's error code),
 * is not UTF-8 (a key in raw bytes), holds no secret, or one that begins with `whsec_` and is not base64 behind it.
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
  // Where decoding had to put a replacement character, signatures could never match.
  if (content.includes("\ufffd")) return refuse(SETTINGS.secretFile, `cannot use ${file}: must be UTF-8 text`);
  const [current, ...previous] = content
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line))
    .filter((line) => line.trim() !== "");
  if (current === undefined) return refuse(SETTINGS.secretFile, `cannot use ${file}: must hold at least one secret, one a line`);
  for (const secret of [current, ...previous]) {
    const parsed = SETTINGS.secret.parse(secret);
    if (!parsed.ok) return refuse(SETTINGS.secretFile, `cannot use ${file}: every secret ${parsed.error}`);
  }
  return { ok: true, value: freezeSecrets(current, [...previous, ...(options.extraPrevious ?? [])]) };
}

export function freezeSecrets(current: string, previous: readonly string[]): Secrets {
  return Object.freeze({ current, previous: Object.freeze([...previous]) });
}

function readTextFile(path: string): string {
  return readFileSync(path, "utf8");
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
