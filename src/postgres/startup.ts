import { createHash } from "node:crypto";
import type { BackendMessage } from "./backend.ts";
import type { Channel } from "./channel.ts";
import { PostgresError, ProtocolError, type Report } from "./errors.ts";
import { passwordMessage, saslInitialResponse, saslResponse, startupMessage } from "./frontend.ts";
import { startScram } from "./scram.ts";
import type { Link } from "./socket.ts";
import type { ConnectionUrl } from "./url.ts";

/** A server sends about twenty; one that never stops is refused. */
const MAX_MESSAGES = 1000;

const CLEARTEXT_PASSWORD = 3;
const MD5_PASSWORD = 5;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;
const OK = 0;

type Authentication = Extract<BackendMessage, { kind: "authentication" }>;
type Identity = Pick<ConnectionUrl, "user" | "password" | "database" | "applicationName" | "channelBinding">;

interface StartUpOptions {
  readonly link: Link;
  readonly notice: (report: Report) => void;
}

/**
 * Runs the start of a connection from StartupMessage to the first ReadyForQuery
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP), and returns the parameters that the
 * server reported.
 *
 * @throws {PostgresError} if the server refuses, e.g. 28P01 (password), 3D000 (database), 53300 (too many connections), 57P03
 *   (starting)
 * @throws {ProtocolError} if the server breaks the protocol or does not prove its identity, if the URL lacks what the server
 *   requires, or if the password or its MD5 would be sent over a link that is not private
 */
export async function startUp(channel: Channel, identity: Identity, { link, notice }: StartUpOptions): Promise<Map<string, string>> {
  const parameters = new Map<string, string>();
  let authenticated = false;

  async function next(): Promise<BackendMessage> {
    for (let count = 0; count < MAX_MESSAGES; count += 1) {
      const message = await channel.next();
      if (message.kind === "error") throw new PostgresError(message.report);
      if (message.kind === "notice") notice(message.report);
      else if (message.kind === "parameter") parameters.set(message.name, message.value);
      else if (message.kind !== "skipped") return message;
    }
    throw new ProtocolError(`Cannot start the connection: the server must be ready within ${MAX_MESSAGES} messages`);
  }

  async function nextAuthentication(method: number): Promise<Authentication> {
    const message = await next();
    if (message.kind === "authentication" && message.method === method) return message;
    throw new ProtocolError("Cannot authenticate: the server must not skip a step");
  }

  /** https://www.postgresql.org/docs/current/sasl-authentication.html */
  async function scram(offer: Authentication): Promise<void> {
    const offered = offer.data.toString("utf8").split("\0").filter((name) => name !== "");
    const certificateHash = identity.channelBinding === "disable" ? undefined : link.certificateHash;
    const exchange = startScram({ password: requirePassword(identity), offered, certificateHash });
    if (identity.channelBinding === "require" && exchange.mechanism !== "SCRAM-SHA-256-PLUS") refuseWithoutBinding();
    channel.send(saslInitialResponse(exchange.mechanism, exchange.clientFirst));
    const { data } = await nextAuthentication(SASL_CONTINUE);
    channel.send(saslResponse(await exchange.respond(data.toString("utf8"))));
    exchange.verify((await nextAuthentication(SASL_FINAL)).data.toString("utf8"));
    await nextAuthentication(OK);
  }

  async function authenticate(request: Authentication): Promise<void> {
    if (request.method === SASL) return scram(request);
    if (identity.channelBinding === "require") refuseWithoutBinding();
    if (request.method === OK) return undefined;
    if (request.method !== CLEARTEXT_PASSWORD && request.method !== MD5_PASSWORD) {
      throw new ProtocolError(`Cannot authenticate: the server must request a password, not authentication method ${request.method}`);
    }
    if (!link.isPrivate) {
      throw new ProtocolError("Cannot authenticate: without TLS the server must request SCRAM-SHA-256, not the password or its MD5");
    }
    const password = requirePassword(identity);
    channel.send(passwordMessage(request.method === MD5_PASSWORD ? `md5${md5(md5(password + identity.user), request.data)}` : password));
    await nextAuthentication(OK);
  }

  channel.send(startupMessage({
    user: identity.user,
    database: identity.database,
    client_encoding: "UTF8",
    application_name: identity.applicationName,
  }));
  for (;;) {
    const message = await next();
    if (message.kind === "authentication" && !authenticated) {
      await authenticate(message);
      authenticated = true;
    } else if (message.kind === "ready" && authenticated) return parameters;
    else throw new ProtocolError("Cannot start the connection: the server must authenticate once, then be ready");
  }
}

function requirePassword({ password }: Identity): string {
  if (password === undefined) throw new ProtocolError("Cannot authenticate: the server requires a password, so the URL must contain one");
  return password;
}

function refuseWithoutBinding(): never {
  throw new ProtocolError("Cannot authenticate: channel_binding=require needs TLS and a server that offers SCRAM-SHA-256-PLUS");
}

function md5(text: string, salt: Uint8Array = new Uint8Array()): string {
  return createHash("md5").update(text).update(salt).digest("hex");
}
