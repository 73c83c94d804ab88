import { readFile } from "node:fs/promises";
import { getCACertificates } from "node:tls";
import { createChannel } from "./channel.ts";
import { createConnection, type Connection } from "./connection.ts";
import { NoServer, PostgresError, ProtocolError, type HostFailure, type Report } from "./errors.ts";
import type { Primaries } from "./primaries.ts";
import { openPlain, openTls, type Link, type TlsRules } from "./socket.ts";
import { startUp } from "./startup.ts";
import { describeHost, type ConnectionUrl, type Host, type SessionKind, type SslMode } from "./url.ts";

export interface ConnectOptions {
  /** Called with every NoticeResponse. */
  readonly notice?: (report: Report) => void;
  /** The maximum size of a pipeline's rows in bytes: 64 MiB by default. */
  readonly responseLimitBytes?: number;
  /** Shared by all connections to a database: a primary that was replaced is passed over. */
  readonly primaries?: Primaries;
  /** Aborted once the connection is not needed. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_RESPONSE_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * Connects to the first host that meets `target_session_attrs`. An attempt to reach a host may take as long as `connect_timeout`.
 *
 * @throws {NoServer} if no host does, or if the signal is aborted first, with the failure of each attempt
 */
export async function connect(url: ConnectionUrl, options: ConnectOptions = {}): Promise<Connection> {
  const failures: HostFailure[] = [];
  // libpq looks for a standby on all hosts before it accepts any other server.
  const wanted: readonly SessionKind[] = url.sessionKind === "prefer-standby" ? ["standby", "any"] : [url.sessionKind];
  for (const kind of wanted) {
    for (const host of url.hosts) {
      try {
        return await connectTo(host, kind, { url, options });
      } catch (error) {
        failures.push({ host: describeHost(host), error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
  }
  throw new NoServer(failures);
}

interface Context {
  readonly url: ConnectionUrl;
  readonly options: ConnectOptions;
}

async function connectTo(host: Host, kind: SessionKind, { url, options }: Context): Promise<Connection> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(new Error(`no connection within ${url.connectTimeoutMs} ms`)), url.connectTimeoutMs);
  const signal = options.signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, options.signal]);
  try {
    const connection = await negotiate(host, { url, options }, signal);
    const abort = (): void => connection.destroy(signal.reason);
    signal.addEventListener("abort", abort);
    try {
      await requireKind(connection, kind, url.connectTimeoutMs);
      if (kind === "read-write" && (await options.primaries?.admit(connection, url.connectTimeoutMs)) === false) {
        throw new Error("the server is a former primary, which another server has replaced");
      }
    } catch (error) {
      connection.destroy(new Error("the server is not what target_session_attrs requires"));
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
    return connection;
  } finally {
    clearTimeout(timer);
  }
}

type Way = () => Promise<Connection | undefined>;

/** Connects with or without TLS, in the order that `sslmode` sets (https://www.postgresql.org/docs/current/libpq-ssl.html). */
async function negotiate(host: Host, context: Context, signal: AbortSignal): Promise<Connection> {
  const { sslMode } = context.url;
  const plain: Way = async () => start(await openPlain(host, signal), host, { ...context, signal });
  const tls: Way = async () => {
    const link = await openTls(host, await readTlsRules(context.url), signal);
    return link && start(link, host, { ...context, signal });
  };
  let failure: unknown = new Error(`the server has no TLS, but sslmode=${sslMode} requires it`);
  for (const way of waysOf(host.host.startsWith("/") ? "disable" : sslMode, { plain, tls })) {
    try {
      const connection = await way();
      if (connection !== undefined) return connection;
    } catch (error) {
      failure = error;
      // The other way does not help against a wrong password, and must not hide that the server may be an impostor.
      const isRefusedForItsWay = error instanceof PostgresError && error.code === "28000";
      if (!isRefusedForItsWay && (error instanceof PostgresError || error instanceof ProtocolError)) break;
    }
  }
  throw failure;
}

function waysOf(sslMode: SslMode, { plain, tls }: { plain: Way; tls: Way }): readonly Way[] {
  if (sslMode === "disable") return [plain];
  if (sslMode === "allow") return [plain, tls];
  return sslMode === "prefer" ? [tls, plain] : [tls];
}

async function readTlsRules({ sslMode, sslRootCert }: ConnectionUrl): Promise<TlsRules> {
  return {
    ca: sslRootCert === undefined ? undefined : await readAuthorities(sslRootCert),
    // As in libpq, `require` with a root certificate verifies against it.
    verifyChain: sslMode === "verify-ca" || sslMode === "verify-full" || (sslMode === "require" && sslRootCert !== undefined),
    verifyHost: sslMode === "verify-full",
  };
}

async function readAuthorities(sslRootCert: string): Promise<readonly string[]> {
  return sslRootCert === "system" ? getCACertificates("system") : [await readFile(sslRootCert, "utf8")];
}

async function start(link: Link, host: Host, { url, options, signal }: Context & { signal: AbortSignal }): Promise<Connection> {
  const channel = createChannel(link.socket);
  const abort = (): void => channel.destroy(signal.reason);
  signal.addEventListener("abort", abort);
  const notice = options.notice ?? (() => {});
  try {
    const parameters = await startUp(channel, url, { link, notice });
    if ((parameters.get("server_encoding") ?? "UTF8") !== "UTF8") throw new Error("the database's encoding must be UTF8");
    return createConnection(channel, {
      server: describeHost(host),
      parameters,
      notice,
      responseLimitBytes: options.responseLimitBytes ?? DEFAULT_RESPONSE_LIMIT_BYTES,
    });
  } catch (error) {
    channel.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

const READ_KIND = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')::boolean";

/** Queries the server: what a pooler reports at the start may belong to another server. */
async function requireKind(connection: Connection, kind: SessionKind, deadlineMs: number): Promise<void> {
  if (kind === "any") return;
  const { results } = await connection.run([{ sql: READ_KIND }], { deadlineMs });
  const [inRecovery, readOnly] = results[0]?.rows[0] ?? [];
  const fits: Readonly<Record<SessionKind, boolean>> = {
    any: true,
    "read-write": readOnly === "f",
    "read-only": readOnly === "t",
    primary: inRecovery === "f",
    standby: inRecovery === "t",
    "prefer-standby": true,
  };
  const found = inRecovery === "t" ? "a standby" : readOnly === "t" ? "read-only" : "a primary";
  if (!fits[kind]) throw new Error(`the server is ${found}, not ${kind}`);
}
