import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { startScram } from "../../src/postgres/scram.ts";

const BOTH = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"];
const certificateHash = Buffer.alloc(32);

/** What is offered, whether there is a certificate, and the mechanism and header (RFC 5802, section 6) that follow. */
const CHOICES: readonly (readonly [readonly string[], Buffer | undefined, string, string])[] = [
  [BOTH, certificateHash, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r="],
  // Whoever stands between may have removed the better offer: the server is told that this client could have taken it.
  [["SCRAM-SHA-256"], certificateHash, "SCRAM-SHA-256", "y,,n=,r="],
  [["SCRAM-SHA-256"], undefined, "SCRAM-SHA-256", "n,,n=,r="],
  [BOTH, undefined, "SCRAM-SHA-256", "n,,n=,r="],
];

for (const [offered, hash, mechanism, header] of CHOICES) {
  test(`of ${offered.join(" and ")} ${hash ? "with" : "without"} TLS ${mechanism} is chosen, with ${header}`, () => {
    const exchange = startScram({ password: "p", offered, certificateHash: hash });
    assert.equal(exchange.mechanism, mechanism);
    assert.ok(exchange.clientFirst.startsWith(header), exchange.clientFirst);
  });
}
