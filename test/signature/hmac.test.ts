import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { createHmacSha256 } from "../../src/signature/hmac.ts";

function hmacOf(secret: Buffer, prefix: string, body: Buffer): string {
  const mac = Buffer.alloc(32);
  createHmacSha256(secret)(prefix, body, mac);
  return mac.toString("hex");
}

test("createHmacSha256 gives the test vectors of RFC 4231", () => {
  const long = Buffer.alloc(131, 0xaa);
  for (const [secret, text, mac] of [
    [Buffer.alloc(20, 0x0b), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [Buffer.from("Jefe"), "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    [long, "Test Using Larger Than Block-Size Key - Hash Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"],
  ] as const) {
    assert.equal(hmacOf(secret, "", Buffer.from(text)), mac);
  }
});

test("createHmacSha256 agrees with node:crypto for every length of key, prefix and body", () => {
  for (const keyBytes of [1, 63, 64, 65, 200]) {
    for (const prefix of ["", "msg_1.1736935200.", "é".repeat(300)]) {
      for (const bodyBytes of [0, 1, 1_000, 16 * 1024 - prefix.length, 16 * 1024 - prefix.length + 1, 100_000]) {
        const [secret, body] = [Buffer.alloc(keyBytes, "k"), Buffer.alloc(bodyBytes, "b")];
        const expected = createHmac("sha256", secret).update(prefix, "latin1").update(body).digest("hex");
        assert.equal(hmacOf(secret, prefix, body), expected, `${keyBytes}, ${prefix.length}, ${bodyBytes}`);
      }
    }
  }
});

test("a short body after a long one is hashed without leftovers of the long one", () => {
  const hmac = createHmacSha256(Buffer.from("key"));
  const mac = Buffer.alloc(32);
  hmac("prefix", Buffer.alloc(5_000, "x"), mac);
  hmac("", Buffer.from("short"), mac);
  assert.equal(mac.toString("hex"), createHmac("sha256", "key").update("short").digest("hex"));
});
