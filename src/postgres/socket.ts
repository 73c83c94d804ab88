import type { Buffer } from "node:buffer";
import { createHash, type X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { ProtocolError } from "./errors.ts";
import { sslRequest } from "./frontend.ts";
import type { Host } from "./url.ts";

export interface TlsRules {
  /** The trusted authorities as PEM; undefined means those that Node trusts. */
  readonly ca?: readonly string[] | undefined;
  /** Whether the certificate must come from a trusted authority. */
  readonly verifyChain: boolean;
  /** Whether the certificate must also name the host. */
  readonly verifyHost: boolean;
}

/** A stream to the server, before the start of the protocol. */
export interface Link {
  readonly socket: Socket;
  /** Whether nobody between the two ends can read the data: TLS, or a Unix socket. */
  readonly isPrivate: boolean;
  /** `tls-server-end-point` of the server's certificate; undefined without TLS, or if its signature names no hash. */
  readonly certificateHash?: Buffer | undefined;
}

/** Connects without TLS. Rejects when `signal` aborts, with its reason. */
export async function openPlain({ host, port }: Host, signal: AbortSignal): Promise<Link> {
  signal.throwIfAborted();
  const isUnix = host.startsWith("/");
  const socket = isUnix ? connectTcp(`${host}/.s.PGSQL.${port}`) : connectTcp({ host, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 10_000);
  await orDestroy(socket, signal, () => once(socket, "connect", { signal }));
  return { socket, isPrivate: isUnix };
}

/**
 * Connects with TLS, after SSLRequest (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL); undefined
 * if the server has no TLS. Rejects when `signal` aborts, with its reason.
 *
 * @throws {ProtocolError} for anything but one byte `S` or `N`: data before TLS may come from an attacker (CVE-2021-23222)
 */
export async function openTls(host: Host, rules: TlsRules, signal: AbortSignal): Promise<Link | undefined> {
  const { socket } = await openPlain(host, signal);
  return orDestroy(socket, signal, async () => {
    socket.write(sslRequest());
    const [reply]: Buffer[] = await once(socket, "data", { signal });
    socket.pause();
    if (reply?.toString("latin1") === "N") {
      socket.destroy();
      return undefined;
    }
    if (reply?.toString("latin1") !== "S") throw new ProtocolError("Cannot start TLS: the server must send S or N, and nothing more");
    const secure = connectTls(optionsOf(socket, host.host, rules));
    await once(secure, "secureConnect", { signal });
    const certificate = secure.getPeerX509Certificate();
    return { socket: secure, isPrivate: true, certificateHash: certificate && hashOf(certificate) };
  });
}

function optionsOf(socket: Socket, host: string, { ca, verifyChain, verifyHost }: TlsRules): ConnectionOptions {
  return {
    socket,
    // The certificate is compared with `host`; an address must not be sent as a server name (RFC 6066, section 3).
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ALPNProtocols: ["postgresql"],
    rejectUnauthorized: verifyChain,
    ...(ca !== undefined && { ca: [...ca] }),
    ...(!verifyHost && { checkServerIdentity: () => undefined }),
  };
}

/**
 * The certificate, hashed with the hash function of its signature algorithm; with SHA-256 instead of MD5 and SHA-1 (RFC 5929,
 * section 4.1).
 */
function hashOf(certificate: X509Certificate): Buffer | undefined {
  const name = /sha-?(?:1|224|256|384|512)(?![0-9])|md5/i.exec(certificate.signatureAlgorithm ?? "")?.[0]?.toLowerCase().replace("-", "");
  if (name === undefined) return undefined;
  return createHash(name === "sha1" || name === "md5" ? "sha256" : name).update(certificate.raw).digest();
}

/**
 * Leaves no socket open if `step` fails or the server closes the connection. After an abort, rejects with the signal's reason, not
 * with the error that the abort caused.
 */
async function orDestroy<T>(socket: Socket, signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  // An error between two steps has no other listener; the next step finds the socket closed.
  socket.on("error", () => {});
  const hungUp = Promise.withResolvers<never>();
  const hangUp = (): void => hungUp.reject(new Error("the server closed the connection"));
  socket.once("close", hangUp);
  try {
    return await Promise.race([step(), hungUp.promise]);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    socket.off("close", hangUp);
  }
}
