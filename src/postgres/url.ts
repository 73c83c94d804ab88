import type { Outcome } from "../core/outcome.ts";

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
const SESSION_KINDS = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const;
const CHANNEL_BINDINGS = ["disable", "prefer", "require"] as const;

/** With libpq's meaning: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION. */
export type SslMode = (typeof SSL_MODES)[number];
/** With libpq's meaning: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS. */
export type SessionKind = (typeof SESSION_KINDS)[number];

export interface Host {
  /** A name or an address; a text that begins with `/` is the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

export interface ConnectionUrl {
  /** At least one, in the order in which to try them. */
  readonly hosts: readonly Host[];
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly sslMode: SslMode;
  /** A file of PEM certificates, or `system`. */
  readonly sslRootCert: string | undefined;
  readonly channelBinding: (typeof CHANNEL_BINDINGS)[number];
  readonly sessionKind: SessionKind;
  /** For each host, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly applicationName: string;
}

const PARAMETERS: ReadonlySet<string> = new Set([
  "sslmode", "ssl", "sslrootcert", "channel_binding", "target_session_attrs", "connect_timeout", "application_name", "host", "port",
]);
const DEFAULT_PORT = "5432";
const DEFAULT_TIMEOUT_SECONDS = "5";

/** What is wrong with a URL; never contains a value of it. */
class Refused extends Error {}

/**
 * Parses `postgres://user:password@host:port,host2/database?name=value`, also with `postgresql://` and `postgresql+driver://`
 * (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS). Every part is percent-decoded. Unlike in
 * libpq, user and host are required, and with several hosts the default is `target_session_attrs=read-write`.
 *
 * A refusal states the rule that the URL breaks, and contains no value of the URL.
 */
export function parseConnectionUrl(url: string): Outcome<ConnectionUrl, string> {
  try {
    return { ok: true, value: parse(url) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, error: error.message };
    throw error;
  }
}

/** For logs: `user@host:port,host/database`, with ports that are not 5432; no password, no parameters. */
export function describeConnection({ user, hosts, database }: ConnectionUrl): string {
  const names = hosts.map(({ host, port }) => {
    const name = host.includes(":") ? `[${host}]` : host;
    return port === Number(DEFAULT_PORT) ? name : `${name}:${port}`;
  });
  return `${user}@${names.join(",")}/${database}`;
}

/** For messages about one of the hosts. */
export function describeHost({ host, port }: Host): string {
  return host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function parse(url: string): ConnectionUrl {
  const parts = /^postgres(?:ql)?(?:\+[a-z0-9_]+)?:\/\/(?:([^/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(url);
  if (parts === null) throw new Refused("must look like postgres://user:password@host:5432/database");
  const [, identity = "", authority = "", path = "", query = ""] = parts;
  const [, rawUser = "", rawPassword] = /^([^:]*)(?::(.*))?$/s.exec(identity) ?? [];
  const user = decode(rawUser, "the user");
  if (user === "") throw new Refused("must name a user before the host: postgres://user@host/database");

  const parameters = readParameters(query);
  const hosts = readHosts(authority, parameters);
  const sslRootCert = parameters.get("sslrootcert");
  const sslMode = readSslMode(parameters, sslRootCert);
  return {
    hosts,
    user,
    password: rawPassword === undefined ? undefined : decode(rawPassword, "the password"),
    database: decode(path, "the database") || user,
    sslMode,
    sslRootCert,
    channelBinding: choose(parameters, "channel_binding", CHANNEL_BINDINGS) ?? "prefer",
    sessionKind: choose(parameters, "target_session_attrs", SESSION_KINDS) ?? (hosts.length > 1 ? "read-write" : "any"),
    connectTimeoutMs: 1000 * readInteger(parameters.get("connect_timeout") ?? DEFAULT_TIMEOUT_SECONDS, "connect_timeout", 600),
    applicationName: parameters.get("application_name") ?? "webhook-inbox",
  };
}

function readParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split("&").filter((text) => text !== "")) {
    const [, rawName = "", rawValue = ""] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const name = decode(rawName, "the name of a parameter");
    // The name is not shown: it may be the rest of a password with a ? in it.
    if (!PARAMETERS.has(name)) {
      throw new Refused(`must have no parameters except ${[...PARAMETERS].join(", ")}; a ? in a password must be %3F`);
    }
    if (parameters.has(name)) throw new Refused(`must have ${name} only once`);
    parameters.set(name, decode(rawValue, name));
  }
  return parameters;
}

/** Pairs of host and port, from `host` and `port` if they are given, as in libpq: one port for all hosts, or one for each. */
function readHosts(authority: string, parameters: ReadonlyMap<string, string>): readonly Host[] {
  const written = authority === "" ? [] : authority.split(",").map((text) => {
    const [, ipv6, name = "", port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? [];
    return { host: decode(ipv6 ?? name, "a host"), port: port || undefined };
  });
  const hosts = parameters.get("host")?.split(",") ?? written.map(({ host }) => host);
  const ports = parameters.get("port")?.split(",") ?? [];
  if (hosts.length === 0 || hosts.includes("")) {
    throw new Refused("must name a host: postgres://user@host/database, or ?host=/folder for a Unix socket");
  }
  if (ports.length > 1 && ports.length !== hosts.length) throw new Refused("port must be one number, or one number per host");
  return hosts.map((host, index) => {
    const port = (ports.length === 1 ? ports[0] : ports[index]) ?? (parameters.has("host") ? undefined : written[index]?.port);
    return { host, port: readInteger(port ?? DEFAULT_PORT, "port", 65_535) };
  });
}

/** asyncpg calls it `ssl`; JDBC's `ssl=true` means `require`. */
function readSslMode(parameters: ReadonlyMap<string, string>, sslRootCert: string | undefined): SslMode {
  if (parameters.has("ssl") && parameters.has("sslmode")) throw new Refused("must have ssl or sslmode, not both");
  const alias = parameters.get("ssl") === "true" ? "require" : choose(parameters, "ssl", SSL_MODES);
  const given = choose(parameters, "sslmode", SSL_MODES) ?? alias;
  if (sslRootCert !== "system") return given ?? "prefer";
  // The system trusts authorities that certify any host.
  if (given !== undefined && given !== "verify-full") throw new Refused("sslrootcert=system needs sslmode=verify-full");
  return "verify-full";
}

function choose<Choice extends string>(
  parameters: ReadonlyMap<string, string>,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const given = parameters.get(name);
  const found = choices.find((choice) => choice === given);
  if (given !== undefined && found === undefined) throw new Refused(`${name} must be one of ${choices.join(", ")}`);
  return found;
}

function readInteger(text: string, name: string, max: number): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new Refused(`${name} must be a whole number from 1 to ${max}`);
  return value;
}

/** @throws {Refused} for an escape that is not UTF-8, or for U+0000, which ends a text in the protocol */
function decode(text: string, what: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes("\0")) return decoded;
  } catch {
    // Refused below.
  }
  throw new Refused(`${what} must be percent-encoded UTF-8 without U+0000`);
}
