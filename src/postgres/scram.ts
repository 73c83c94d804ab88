import { Buffer } from "node:buffer";
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { ProtocolError } from "./errors.ts";

const deriveKey = promisify(pbkdf2);

/**
 * The maximum number of iterations that a server may request, so that a hostile one cannot keep the CPU busy: 250 times the
 * default.
 */
const MAX_ITERATIONS = 1_000_000;

/**
 * One exchange of SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL implements it:
 * https://www.postgresql.org/docs/current/sasl-authentication.html
 */
export interface ScramExchange {
  readonly mechanism: "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS";
  readonly clientFirst: string;
  /** Takes server-first-message, gives client-final-message. @throws {ProtocolError} for a bad nonce or number of iterations */
  respond(serverFirst: string): Promise<string>;
  /** @throws {ProtocolError} if the server does not know the password: it is an impostor */
  verify(serverFinal: string): void;
}

export interface ScramOptions {
  readonly password: string;
  /** The mechanisms that AuthenticationSASL offered. */
  readonly offered: readonly string[];
  /** `tls-server-end-point` (RFC 5929): the hash of the server's certificate, if there is TLS. */
  readonly certificateHash?: Buffer | undefined;
}

/** @throws {ProtocolError} if the server offers neither of the two mechanisms */
export function startScram({ password, offered, certificateHash }: ScramOptions): ScramExchange {
  const nonce = randomBytes(18).toString("base64");
  const binds = certificateHash !== undefined && offered.includes("SCRAM-SHA-256-PLUS");
  if (!binds && !offered.includes("SCRAM-SHA-256")) {
    throw new ProtocolError(`Cannot authenticate: the server must offer SCRAM-SHA-256, not ${offered.join(", ")}`);
  }
  // With `y`, the server notices if somebody in between has removed its offer of channel binding.
  const header = binds ? "p=tls-server-end-point,," : certificateHash === undefined ? "n,," : "y,,";
  const clientFirstBare = `n=,r=${nonce}`;
  let expected: Buffer | undefined;

  return {
    mechanism: binds ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256",
    clientFirst: header + clientFirstBare,

    async respond(serverFirst) {
      const [, bothNonces = "", salt = "", rounds = ""] = /^r=([^,]+),s=([^,]+),i=([0-9]{1,9})(?:,|$)/.exec(serverFirst) ?? [];
      const iterations = Number(rounds);
      if (!bothNonces.startsWith(nonce) || bothNonces.length === nonce.length) {
        throw new ProtocolError("Cannot authenticate: the server must continue the client's nonce");
      }
      if (iterations < 1 || iterations > MAX_ITERATIONS) {
        throw new ProtocolError(`Cannot authenticate: the server must request 1 to ${MAX_ITERATIONS} iterations`);
      }
      // NFKC equals SASLprep (RFC 4013) for all but unusual passwords.
      const salted = await deriveKey(password.normalize("NFKC"), Buffer.from(salt, "base64"), iterations, 32, "sha256");
      const binding = Buffer.concat([Buffer.from(header), binds ? certificateHash : Buffer.alloc(0)]);
      const clientFinal = `c=${binding.toString("base64")},r=${bothNonces}`;
      const authMessage = `${clientFirstBare},${serverFirst},${clientFinal}`;
      const clientKey = hmac(salted, "Client Key");
      const signature = hmac(createHash("sha256").update(clientKey).digest(), authMessage);
      const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
      expected = hmac(hmac(salted, "Server Key"), authMessage);
      return `${clientFinal},p=${Buffer.from(proof).toString("base64")}`;
    },

    verify(serverFinal) {
      const given = Buffer.from(/^v=([^,]+)/.exec(serverFinal)?.[1] ?? "", "base64");
      if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new ProtocolError("Cannot authenticate: the server must prove that it knows the password");
      }
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
