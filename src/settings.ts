import type { DatabaseLocation } from "./core/database-location.ts";
import type { Outcome } from "./core/outcome.ts";
import { standardWebhooksKey } from "./core/secrets.ts";
import { isBlank } from "./odd-text.ts";
import { parseConnectionUrl } from "./postgres/url.ts";
import { integer, matching, optional, unlessZero, type Setting } from "./setting.ts";

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** The values of the service's variables. */
export interface Settings {
  readonly secret: string | undefined;
  readonly previousSecret: string | undefined;
  /** The file to watch with `watchSecretFile`. */
  readonly secretFile: string | undefined;
  readonly database: DatabaseLocation;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly bodyLimitBytes: number;
  /** Deliveries a minute per client address, on both webhook paths together; 0 means no limit. */
  readonly rateLimitPerMinute: number;
  /** How far a delivery's timestamp may be from the clock, either way. */
  readonly toleranceSeconds: number;
  /** Another header that may hold the signature of the raw body, in lower case. */
  readonly signatureHeader: string | undefined;
  /** What a platform must send to subscribe; if unset, none may. */
  readonly verifyToken: string | undefined;
  readonly twilioAuthToken: string | undefined;
  readonly publicUrl: string | undefined;
  /** How many proxies in front are trusted to write `X-Forwarded-For`. */
  readonly trustedProxies: number;
  readonly apiToken: string | undefined;
  readonly shutdownTimeoutMs: number;
  /** Messages are kept for this many days from their receipt; indefinitely if absent. */
  readonly retentionDays: number | undefined;
}

// RFC 6750 section 2.1: anything else could not be in an Authorization header, so no request would ever match.
const TOKEN = matching({ pattern: /^[\x21-\x7e]+$/, rule: "must be visible ASCII characters without spaces" });
// RFC 1035 section 2.3.4: no name is longer.
const HOST = matching({
  pattern: /^[^\s[\]/]{1,253}$/,
  rule: "must be a host name or an IP address, without white space, brackets or slashes",
});
// RFC 9110 section 5.6.2.
const HEADER_NAME = matching({
  pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  rule: "must be the name of a header, such as X-Shopify-Hmac-Sha256",
});
const PUBLIC_URL = matching({
  pattern: /^https?:\/\/[^\s/?#"]+(?:\/[^\s?#"]*)?$/i,
  rule: "must be the http or https URL that Twilio calls, up to the path of the endpoint, such as https://inbox.example.com",
});
const LOG_LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ["DEBUG", "DEBUG"],
  ["INFO", "INFO"],
  ["WARNING", "WARNING"],
  ["WARN", "WARNING"],
  ["ERROR", "ERROR"],
]);
const DATABASE_FORMS =
  "sqlite:////absolute/path.db, sqlite:///./relative/path.db, sqlite:///:memory: or postgres://user:password@host/database";

const WHSEC_FORM = "must be whsec_ followed by padded base64 and nothing else (Standard Webhooks)";

/** Every variable that the service reads, in the order of README's table. */
export const SETTINGS: { readonly [Key in keyof Settings]: Setting<Settings[Key]> } = {
  secret: {
    name: "WEBHOOK_SECRET",
    secret: true,
    parse: optional(parseSecret),
    default: "",
    doc: "the HMAC key, as UTF-8; required unless `WEBHOOK_SECRET_FILE` is set; `whsec_` must be followed by base64",
  },
  previousSecret: {
    name: "WEBHOOK_SECRET_PREVIOUS",
    secret: true,
    parse: optional(parseSecret),
    default: "",
    example: "the-old-secret",
    doc: "the previous HMAC key, which is also accepted while senders move to the new one",
  },
  secretFile: {
    name: "WEBHOOK_SECRET_FILE",
    parse: optional(parseText),
    default: "",
    example: "/run/secrets/webhook",
    doc: "a file with one secret per line, the current one first, instead of `WEBHOOK_SECRET`; read again on SIGHUP and when it"
      + " changes (checked every 5 s, following links)",
  },
  database: {
    name: "DATABASE_URL",
    parse: parseDatabase,
    default: "sqlite:///./data/app.db",
    doc: "also `sqlite:////absolute/path.db`, `sqlite:///:memory:` and `postgres://user:password@host/database`;"
      + " a missing folder is created",
  },
  host: { name: "HOST", parse: HOST, default: "127.0.0.1", doc: "the address to listen on" },
  port: { name: "PORT", ...integer(0, 65_535), default: "8000", doc: "`0` picks a free one, which the start-up log line names" },
  logLevel: { name: "LOG_LEVEL", parse: parseLogLevel, default: "INFO", doc: "`DEBUG`, `INFO`, `WARNING` or `ERROR`" },
  bodyLimitBytes: { name: "MAX_BODY_BYTES", ...integer(1, 268_435_456), default: "4194304", doc: "the largest body, in bytes" },
  rateLimitPerMinute: {
    name: "WEBHOOK_RATE_LIMIT",
    ...integer(0, 1_000_000_000),
    default: "0",
    doc: "deliveries a minute that one address may send to one receiver, on both webhook paths together; `0` means no limit",
  },
  toleranceSeconds: {
    name: "WEBHOOK_TOLERANCE_SECONDS",
    ...integer(1, 1_000_000_000),
    default: "300",
    doc: "how far a `webhook-timestamp` may be from the clock, in the past or the future",
  },
  signatureHeader: {
    name: "WEBHOOK_SIGNATURE_HEADER",
    parse: optional((text) => HEADER_NAME(text.toLowerCase())),
    default: "",
    example: "X-Shopify-Hmac-Sha256",
    doc: "one more header that may hold the HMAC of the raw body, in hex or base64, such as `X-Shopify-Hmac-Sha256`",
  },
  verifyToken: {
    name: "WEBHOOK_VERIFY_TOKEN",
    secret: true,
    parse: optional(TOKEN),
    default: "",
    example: "a-random-string",
    doc: "the verify token that a platform must send to `GET /webhook`; if unset, none can subscribe",
  },
  twilioAuthToken: {
    name: "TWILIO_AUTH_TOKEN",
    secret: true,
    parse: optional(TOKEN),
    default: "",
    example: "the-auth-token",
    doc: "the Auth Token of a Twilio account; needs `PUBLIC_URL`",
  },
  publicUrl: {
    name: "PUBLIC_URL",
    parse: optional(PUBLIC_URL),
    default: "",
    example: "https://inbox.example.com",
    doc: "the URL that Twilio calls, without `/webhook/twilio`; needs `TWILIO_AUTH_TOKEN`",
  },
  trustedProxies: {
    name: "TRUSTED_PROXIES",
    ...integer(0, 100),
    default: "0",
    doc: "the number of proxies in front whose `X-Forwarded-For` entries are trusted",
  },
  apiToken: {
    name: "API_TOKEN",
    secret: true,
    parse: optional(TOKEN),
    default: "",
    example: "a-long-random-string",
    doc: "the token that is needed to read and erase messages; if unset, anyone who reaches the port may read",
  },
  shutdownTimeoutMs: {
    name: "SHUTDOWN_TIMEOUT_MS",
    ...integer(1, 600_000),
    default: "10000",
    doc: "the longest that a graceful stop may take",
  },
  retentionDays: {
    name: "RETENTION_DAYS",
    range: integer(0, 36_500).range,
    parse: unlessZero(integer(0, 36_500).parse),
    default: "0",
    doc: "a message is removed this many days after its receipt; `0` keeps all messages",
  },
};

/** The key with which `webhook-inbox forward` signs. */
export const FORWARD_SECRET: Setting<string | undefined> = {
  name: "FORWARD_SECRET",
  secret: true,
  parse: optional(parseSecret),
  default: "",
  doc: "the secret that the receiver checks signatures with",
};

function parseText(text: string): Outcome<string, string> {
  return { ok: true, value: text };
}

function parseSecret(text: string): Outcome<string, string> {
  if (isBlank(text)) return { ok: false, error: "must contain more than blanks and quotes" };
  // As some consoles show it, with the scheme of the signatures in front.
  if (/^v1a?,\s*whsec_/.test(text)) return { ok: false, error: "must begin with whsec_: leave out the v1, before it" };
  return standardWebhooksKey(text) === undefined ? { ok: false, error: WHSEC_FORM } : { ok: true, value: text };
}

function parseLogLevel(text: string): Outcome<LogLevel, string> {
  const level = LOG_LEVELS.get(text.toUpperCase());
  return level === undefined ? { ok: false, error: "must be DEBUG, INFO, WARNING or ERROR" } : { ok: true, value: level };
}

function parseDatabase(url: string): Outcome<DatabaseLocation, string> {
  if (/^postgres(?:ql)?[+:]/.test(url)) {
    const parsed = parseConnectionUrl(url);
    return parsed.ok ? { ok: true, value: { kind: "postgres", url } } : parsed;
  }
  const path = /^sqlite(?:\+aiosqlite)?:\/\/\/(.+)$/s.exec(url)?.[1];
  if (path === undefined) return { ok: false, error: `must have the form ${DATABASE_FORMS}` };
  if (path.includes("?")) return { ok: false, error: `must have no query (?…), only the form ${DATABASE_FORMS}` };
  if (path === ":memory:") return { ok: true, value: { kind: "memory" } };
  // SQLite would read such a path as a URI with options of its own (sqlite.org/uri.html).
  if (path.startsWith("file:")) return { ok: false, error: `must name a path, not a file: URI: ${DATABASE_FORMS}` };
  if (path.startsWith(":")) return { ok: false, error: `must name a file, or be exactly sqlite:///:memory: (${DATABASE_FORMS})` };
  if (/[;,]$/.test(path)) return { ok: false, error: "must not end in a semicolon or a comma" };
  if (/-(?:wal|shm|journal|index|owner)$/.test(path)) return { ok: false, error: "must not name a file that belongs to another database" };
  if (path.endsWith("/")) return { ok: false, error: `must name a file, not a folder: ${DATABASE_FORMS}` };
  return { ok: true, value: { kind: "file", path } };
}
