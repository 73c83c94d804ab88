import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { startScram } from "../../src/postgres/scram.ts";

const BOTH = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];
const certificateHash = Buffer.alloc(32);

/** The offered mechanisms, the hash of the certificate if there is one, and the chosen mechanism and header (RFC 5802, section 6). */
const CHOICES: readonly (readonly [readonly string[], Buffer | undefined, string, string])[] = [
  [BOTH, certificateHash, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r="],
  // A man in the middle may have removed the better offer, so the header says that the client supports channel binding.
  [["SCRAM-SHA-256"], certificateHash, "SCRAM-SHA-256", "y,,n=,r="],
  [["SCRAM-SHA-256"], undefined, "SCRAM-SHA-256", "n,,n=,r="],
  [BOTH, undefined, "SCRAM-SHA-256", "n,,n=,r="],
];

for (const [offered, hash, mechanism, header] of CHOICES) {
  test(`from ${offered.join(" and ")} ${hash ? "with" : "without"} TLS, ${mechanism} is chosen with ${header}`, () => {
    const exchange = startScram({ password: "p", offered, certificateHash: hash });
    assert.equal(exchange.mechanism, mechanism);
    assert.ok(exchange.clientFirst.startsWith(header), exchange.clientFirst);
  });
}
