import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, SECRET, sign, startTestApp } from "../support/app.ts";
import { storedIds } from "../support/database.ts";
import { sharedApp } from "../support/shared-app.ts";

const shared = sharedApp({ env: { WEBHOOK_SECRET_PREVIOUS: "older" } });
const BODY = JSON.stringify(delivery());
const SIGNATURE = sign(BODY);

const accepted: readonly (readonly [string, Record<string, string | string[]>])[] = [
  ["64 hex digits in lower case", { "X-Signature": SIGNATURE }],
  ["64 hex digits in upper case", { "X-Signature": SIGNATURE.toUpperCase() }],
  ["the prefix sha256=", { "X-Signature": `sha256=${SIGNATURE}` }],
  ["the prefix and digits in upper case", { "X-Signature": `sha256=${SIGNATURE.toUpperCase()}` }],
  ["X-Hub-Signature-256 instead", { "X-Hub-Signature-256": `sha256=${SIGNATURE}` }],
  ["X-Signature valid, X-Hub-Signature-256 not", { "X-Signature": SIGNATURE, "X-Hub-Signature-256": `sha256=${"0".repeat(64)}` }],
  ["the previous secret", { "X-Signature": sign(BODY, "older") }],
];

const refused: readonly (readonly [string, "missing" | "malformed" | "mismatch", Record<string, string | string[]>])[] = [
  ["no signature", "missing", {}],
  ["an empty signature", "malformed", { "X-Signature": "" }],
  ["63 digits", "malformed", { "X-Signature": SIGNATURE.slice(1) }],
  ["65 digits", "malformed", { "X-Signature": `${SIGNATURE}0` }],
  ["an invalid digit", "malformed", { "X-Signature": `g${SIGNATURE.slice(1)}` }],
  ["only the prefix", "malformed", { "X-Signature": "sha256=" }],
  ["another algorithm", "malformed", { "X-Signature": `sha512=${SIGNATURE}` }],
  ["a byte beyond ASCII", "malformed", { "X-Signature": `\u00e9${SIGNATURE.slice(1)}` }],
  ["the header sent twice", "malformed", { "X-Signature": [SIGNATURE, SIGNATURE] }],
  ["X-Hub-Signature-256 sent twice", "malformed", { "X-Hub-Signature-256": [`sha256=${SIGNATURE}`, `sha256=${SIGNATURE}`] }],
  ["X-Hub-Signature-256 without its prefix", "malformed", { "X-Hub-Signature-256": SIGNATURE }],
  ["X-Signature malformed, X-Hub-Signature-256 valid", "malformed", { "X-Signature": "x", "X-Hub-Signature-256": `sha256=${SIGNATURE}` }],
  ["X-Signature wrong, X-Hub-Signature-256 valid", "mismatch", { "X-Signature": "0".repeat(64), "X-Hub-Signature-256": `sha256=${SIGNATURE}` }],
  ["a secret that is not active", "mismatch", { "X-Signature": sign(BODY, "other") }],
  ["the signature of another body", "mismatch", { "X-Signature": sign(`${BODY} `) }],
];

test("a delivery is accepted with", async (t) => {
  const app = await shared();
  for (const [title, headers] of accepted) {
    await t.test(title, async () => {
      const response = await app.request("/webhook", { method: "POST", body: BODY, headers });
      assert.equal(response.status, 200);
      assert.equal(response.body, '{"status":"ok"}');
      assert.equal(response.headers["content-type"], "application/json");
    });
  }
});

test("a delivery is refused with", async (t) => {
  const app = await shared();
  const before = storedIds(app.databasePath);
  for (const [title, reason, headers] of refused) {
    await t.test(`${title}: ${reason}`, async () => {
      const response = await app.request("/webhook", { method: "POST", body: BODY, headers: { "X-Request-ID": "me", ...headers } });
      assert.equal(response.status, 401);
      assert.equal(response.body, '{"detail":"invalid signature"}');
      assert.equal(response.headers["content-type"], "application/json");
      assert.ok(!JSON.stringify(response.headers).includes(SIGNATURE), "no header holds the expected value");
    });
  }
  const lines = await app.requestLines(refused.length);
  assert.deepEqual(lines.map((line) => line["reason"]), refused.map(([, reason]) => reason));
  assert.deepEqual(storedIds(app.databasePath), before);
});

test("the signature covers the raw bytes of the body", async () => {
  const app = await shared();
  const bodies = [
    `  ${JSON.stringify(delivery({ message_id: "space" }), null, "\t")}\r\n`,
    `{"message_id":"\\u0065scape","from":"+1","to":"+2","ts":"2025-01-15T10:00:00Z","text":"\\/ \u{1F600} \\ud83d\\ude00"}`,
    `\ufeff${JSON.stringify(delivery({ message_id: "mark" }))}`,
    `{"message_id":"first","message_id":"repeated name","from":"+1","to":"+2","ts":"2025-01-15T10:00:00Z"}`,
  ];
  for (const body of bodies) assert.equal((await app.deliver(body)).status, 200, body);
  assert.deepEqual(storedIds(app.databasePath).filter((id) => id !== "m1"), ["space", "escape", "mark", "repeated name"]);
});

test("a secret is used as its UTF-8 bytes", async (t) => {
  const secret = "\u00e9\u{1F600}";
  const app = await startTestApp(t, { env: { WEBHOOK_SECRET: secret } });
  assert.equal((await app.deliver(BODY, { "X-Signature": sign(BODY, secret) })).status, 200);
  assert.equal((await app.deliver(BODY, { "X-Signature": sign(BODY, SECRET) })).status, 401);
});

test("an empty body needs a valid signature like any other", async () => {
  const app = await shared();
  assert.equal((await app.deliver("", { "X-Signature": sign("x") })).status, 401);
  assert.equal((await app.deliver("")).status, 422);
});
