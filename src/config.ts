import { readFileSync } from "node:fs";
import type { DatabaseLocation } from "./core/database-location.ts";
import type { Outcome } from "./core/outcome.ts";
import { standardWebhooksKey, type Secrets } from "./core/secrets.ts";
import { read, readInteger, readMatching, readToken, refuse, type Environment, type IntegerRule, type TextRule } from "./config-values.ts";

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** The whole configuration, frozen. */
export interface Config {
  /** From whichever variables set them. */
  readonly secrets: Secrets;
  /** `WEBHOOK_SECRET_FILE`, to be read again with `readSecretFile` on SIGHUP. */
  readonly secretFile?: string;
  /** `WEBHOOK_SECRET_PREVIOUS`, to be handed to `readSecretFile`; empty where it is unset. */
  readonly extraPrevious: readonly string[];
  readonly database: DatabaseLocation;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly bodyLimitBytes: number;
  /** Requests a minute per client address; 0 is no limit. */
  readonly rateLimitPerMinute: number;
  /** How far a delivery's timestamp may be from the clock, either way. */
  readonly toleranceSeconds: number;
  /** One more header that may hold the signature of the raw body, in lower case. */
  readonly signatureHeader?: string;
  /** What Twilio's webhooks are checked with; unset, none is taken. */
  readonly twilio?: { readonly authToken: string; readonly publicUrl: string };
  /** What a platform must send to subscribe; unset, none may. */
  readonly verifyToken?: string;
  /** How many proxies in front to believe in `X-Forwarded-For`. */
  readonly trustedProxies: number;
  readonly apiToken?: string;
  readonly shutdownTimeoutMs: number;
  /** Messages are kept for so many days from their receipt; for ever where absent. */
  readonly retentionDays?: number;
}

export type ReadFile = (path: string) => string;

const HOST: TextRule = { pattern: /^[^\s[\]/]+$/, rule: "must be a host name or an IP address, without white space, brackets or slashes" };
// RFC 9110 section 5.6.2.
const HEADER_NAME: TextRule = { pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, rule: "must be the name of a header, such as X-Shopify-Hmac-Sha256" };
const PUBLIC_URL: TextRule = {
  pattern: /^https?:\/\/[^\s/?#"]+(?:\/[^\s?#"]*)?$/i,
  rule: "must be the http or https URL that Twilio calls, up to the path of the endpoint, such as https://inbox.example.com",
};
const LOG_LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ["DEBUG", "DEBUG"],
  ["INFO", "INFO"],
  ["WARNING", "WARNING"],
  ["WARN", "WARNING"],
  ["ERROR", "ERROR"],
]);
const DATABASE_FORMS = "sqlite:////absolute/path.db, sqlite:///./relative/path.db or sqlite:///:memory:";
const NO_SECRETS: Secrets = { current: "", previous: [] };
const WHSEC_FORM = "must have base64 behind whsec_, with its padding and nothing else (Standard Webhooks)";

/**
 * Reads the configuration from the environment; an empty variable counts as unset.
 *
 * Reports every problem at once, one line each that begins with the variable's name. No line holds a value, since any
 * of them may have been given a secret by mistake; the one exception is the path of `WEBHOOK_SECRET_FILE`.
 */
export function loadConfig(
  env: Environment,
  options: { readonly readFile?: ReadFile } = {},
): Outcome<Config, readonly string[]> {
  const problems: string[] = [];
  /** The fallback of a refused value only fills its place: a problem keeps the config from being handed out. */
  const accept = <T>(outcome: Outcome<T, string>, fallback: T): T => {
    if (outcome.ok) return outcome.value;
    problems.push(outcome.error);
    return fallback;
  };
  const integer = (name: string, rule: IntegerRule): number => accept(readInteger(env, name, rule), rule.whenUnset);

  const secretFile = read(env, "WEBHOOK_SECRET_FILE");
  const extraPrevious = Object.freeze(accept(readPreviousSecret(env), []));
  const secrets = accept(readSecrets(env, options.readFile ?? readTextFile, extraPrevious), NO_SECRETS);
  const database = accept(loadDatabase(env), { kind: "memory" });
  const host = accept(readHost(env), "");
  const port = integer("PORT", { min: 0, max: 65_535, whenUnset: 8000 });
  const logLevel = accept(readLogLevel(env), "INFO");
  const bodyLimitBytes = integer("MAX_BODY_BYTES", { min: 1, max: 268_435_456, whenUnset: 4_194_304 });
  const rateLimitPerMinute = integer("WEBHOOK_RATE_LIMIT", { min: 0, max: 1_000_000_000, whenUnset: 0 });
  const toleranceSeconds = integer("WEBHOOK_TOLERANCE_SECONDS", { min: 1, max: 1_000_000_000, whenUnset: 300 });
  const signatureHeader = accept(readMatching(env, "WEBHOOK_SIGNATURE_HEADER", HEADER_NAME), undefined);
  const verifyToken = accept(readToken(env, "WEBHOOK_VERIFY_TOKEN"), undefined);
  const twilio = accept(readTwilio(env), undefined);
  const trustedProxies = integer("TRUSTED_PROXIES", { min: 0, max: 100, whenUnset: 0 });
  const apiToken = accept(loadApiToken(env), undefined);
  const shutdownTimeoutMs = integer("SHUTDOWN_TIMEOUT_MS", { min: 1, max: 600_000, whenUnset: 10_000 });
  const retentionDays = integer("RETENTION_DAYS", { min: 0, max: 36_500, whenUnset: 0 });
  if (problems.length > 0) return { ok: false, error: problems };

  const config: Config = {
    secrets,
    ...(secretFile !== undefined && { secretFile }),
    extraPrevious,
    database: Object.freeze(database),
    host,
    port,
    logLevel,
    bodyLimitBytes,
    rateLimitPerMinute,
    toleranceSeconds,
    ...(signatureHeader !== undefined && { signatureHeader: signatureHeader.toLowerCase() }),
    ...(twilio !== undefined && { twilio }),
    ...(verifyToken !== undefined && { verifyToken }),
    trustedProxies,
    ...(apiToken !== undefined && { apiToken }),
    shutdownTimeoutMs,
    ...(retentionDays > 0 && { retentionDays }),
  };
  return { ok: true, value: Object.freeze(config) };
}

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
    return refuse("WEBHOOK_SECRET_FILE", `cannot read ${file} (${errorCode(error)}): must be a readable file`);
  }
  // Where decoding had to put a replacement character, signatures could never match.
  if (content.includes("\ufffd")) return refuse("WEBHOOK_SECRET_FILE", `cannot use ${file}: must be UTF-8 text`);
  const [current, ...previous] = content
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line))
    .filter((line) => line.trim() !== "");
  if (current === undefined) {
    return refuse("WEBHOOK_SECRET_FILE", `cannot use ${file}: must hold at least one secret, one a line`);
  }
  if (![current, ...previous].every(isWellFormed)) return refuse("WEBHOOK_SECRET_FILE", `cannot use ${file}: every whsec_ secret ${WHSEC_FORM}`);
  return { ok: true, value: freezeSecrets(current, [...previous, ...(options.extraPrevious ?? [])]) };
}

function readTextFile(path: string): string {
  return readFileSync(path, "utf8");
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}

function freezeSecrets(current: string, previous: readonly string[]): Secrets {
  return Object.freeze({ current, previous: Object.freeze([...previous]) });
}

/** The secrets alone, for commands that sign. Refusal: a line that begins with a variable's name. */
export function loadSecrets(env: Environment): Outcome<Secrets, string> {
  return readSecrets(env, readTextFile, []);
}

/** `FORWARD_SECRET`, which signs what is forwarded. Refusal: a line that begins with its name. */
export function loadForwardSecret(env: Environment): Outcome<string, string> {
  const secret = read(env, "FORWARD_SECRET");
  if (secret === undefined) return refuse("FORWARD_SECRET", "must be set to the secret that the receiver checks signatures with");
  return isWellFormed(secret) ? { ok: true, value: secret } : refuse("FORWARD_SECRET", WHSEC_FORM);
}

function readSecrets(env: Environment, readFile: ReadFile, extraPrevious: readonly string[]): Outcome<Secrets, string> {
  const current = read(env, "WEBHOOK_SECRET");
  const file = read(env, "WEBHOOK_SECRET_FILE");
  if (file === undefined) {
    if (current !== undefined && !isWellFormed(current)) return refuse("WEBHOOK_SECRET", WHSEC_FORM);
    if (current !== undefined) return { ok: true, value: freezeSecrets(current, extraPrevious) };
    return refuse("WEBHOOK_SECRET", "must be set and not empty, unless WEBHOOK_SECRET_FILE is set");
  }
  if (current !== undefined) return refuse("WEBHOOK_SECRET_FILE", "must not be set together with WEBHOOK_SECRET");
  return readSecretFile(file, readFile, { extraPrevious });
}

function readPreviousSecret(env: Environment): Outcome<readonly string[], string> {
  const secret = read(env, "WEBHOOK_SECRET_PREVIOUS");
  if (secret === undefined) return { ok: true, value: [] };
  return isWellFormed(secret) ? { ok: true, value: [secret] } : refuse("WEBHOOK_SECRET_PREVIOUS", WHSEC_FORM);
}

function isWellFormed(secret: string): boolean {
  return standardWebhooksKey(secret) !== undefined;
}

/** `DATABASE_URL` alone, for commands that need no secret. Refusal: a line that begins with the variable's name. */
export function loadDatabase(env: Environment): Outcome<DatabaseLocation, string> {
  const url = read(env, "DATABASE_URL") ?? "sqlite:///./data/app.db";
  const path = /^sqlite(?:\+aiosqlite)?:\/\/\/(.+)$/s.exec(url)?.[1];
  if (path === undefined) return refuse("DATABASE_URL", `must have the form ${DATABASE_FORMS}`);
  if (path.includes("?")) return refuse("DATABASE_URL", `must have no ?query part, only the form ${DATABASE_FORMS}`);
  if (path === ":memory:") return { ok: true, value: { kind: "memory" } };
  // SQLite would read such a path as a URI with options of its own (sqlite.org/uri.html).
  if (path.startsWith("file:")) return refuse("DATABASE_URL", `must name a path, not a file: URI: ${DATABASE_FORMS}`);
  if (path.endsWith("/")) return refuse("DATABASE_URL", `must name a file, not a folder: ${DATABASE_FORMS}`);
  return { ok: true, value: { kind: "file", path } };
}

function readHost(env: Environment): Outcome<string, string> {
  const host = readMatching(env, "HOST", HOST);
  return host.ok ? { ok: true, value: host.value ?? "127.0.0.1" } : host;
}

function readLogLevel(env: Environment): Outcome<LogLevel, string> {
  const level = LOG_LEVELS.get((read(env, "LOG_LEVEL") ?? "INFO").toUpperCase());
  if (level !== undefined) return { ok: true, value: level };
  return refuse("LOG_LEVEL", "must be one of DEBUG, INFO, WARNING and ERROR");
}

/** `API_TOKEN` alone, for commands that read from a service. Refusal: a line that begins with the variable's name. */
export function loadApiToken(env: Environment): Outcome<string | undefined, string> {
  return readToken(env, "API_TOKEN");
}

function readTwilio(env: Environment): Outcome<Config["twilio"], string> {
  const authToken = readToken(env, "TWILIO_AUTH_TOKEN");
  if (!authToken.ok) return authToken;
  const publicUrl = readMatching(env, "PUBLIC_URL", PUBLIC_URL);
  if (!publicUrl.ok) return publicUrl;
  if (authToken.value !== undefined && publicUrl.value !== undefined) {
    return { ok: true, value: Object.freeze({ authToken: authToken.value, publicUrl: publicUrl.value }) };
  }
  if (authToken.value === publicUrl.value) return { ok: true, value: undefined };
  return refuse(authToken.value === undefined ? "TWILIO_AUTH_TOKEN" : "PUBLIC_URL", "must be set, because TWILIO_AUTH_TOKEN and PUBLIC_URL need each other");
}
