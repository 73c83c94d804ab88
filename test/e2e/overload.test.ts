import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { delivery, sign, startTestApp } from "../support/app.ts";
import { exchangeRaw, openConnection, rawPost } from "../support/connection.ts";
import { storedIds } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { sharedApp } from "../support/shared-app.ts";
import { ONLY_IN_FULL_RUN, repetitions } from "../support/sweep.ts";

const shared = sharedApp();
const BODY = JSON.stringify(delivery());
const RETRY_AFTER = /^[0-9]+$/;

/** A complete delivery with `line` instead of its signature header. */
function unsigned(line: string): string {
  return `POST /webhook HTTP/1.1\r\nHost: x\r\n${line}Content-Length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`;
}

test("a flood of invalid signatures does not touch the database, and a valid sender is served meanwhile", { skip: ONLY_SQLITE }, async (t) => {
  const app = await shared();
  const written = async (): Promise<number> => Number(/^webhook_batch_messages_sum (\d+)$/m.exec((await app.request("/metrics")).body)?.[1]);
  const earlier = await written();
  const files = (): readonly Buffer[] => ["", "-wal"].map((suffix) => readFileSync(app.databasePath + suffix));
  const before = files();
  const bad = ["", "X-Signature: x\r\n", `X-Signature: ${"0".repeat(64)}\r\n`, `X-Signature: ${sign(BODY, "other")}\r\n`].map(unsigned);
  const flood = await Promise.all(Array.from({ length: 20 }, () => openConnection(t, app.url)));
  const rounds = repetitions(t, { full: 25, short: 3 });
  for (const { write } of flood) write(bad.join("").repeat(rounds));
  for (const connection of flood) {
    const responses = await connection.responses(4 * rounds);
    assert.deepEqual(new Set(responses.map(({ status, body }) => `${status} ${body}`)), new Set(['401 {"detail":"invalid signature"}']));
  }
  assert.deepEqual(files(), before);
  const lines = (await app.requestLines(1 + 80 * rounds)).filter(({ path }) => path === "/webhook");
  assert.deepEqual(new Set(lines.map((line) => line["result"])), new Set(["invalid_signature"]));

  for (const { write } of flood) write(bad.join("").repeat(rounds));
  assert.equal((await app.deliver(delivery({ message_id: "valid" }))).status, 200);
  for (const connection of flood) await connection.responses(8 * rounds);
  assert.ok(storedIds(app.databasePath).includes("valid"));
  assert.equal(await written(), earlier + 1);
});

test("a delivery that is refused before its handler runs is `unavailable` in log and metrics", async (t) => {
  const app = await shared();
  const unavailable = async (): Promise<number> =>
    Number(/^webhook_requests_total\{result="unavailable"\} (\d+)$/m.exec((await app.request("/metrics")).body)?.[1]);
  const before = await unavailable();
  const { write, untilClosed } = await openConnection(t, app.url);
  write(rawPost(BODY).repeat(129));
  const responses = await untilClosed();
  const refused = responses.at(-1);
  assert.deepEqual([responses.length, refused?.status], [129, 503]);
  assert.match(refused?.headers.get("retry-after") ?? "", RETRY_AFTER);
  const results = Map.groupBy((await app.requestLines(130)).slice(1), (line) => line["result"]);
  assert.deepEqual([...results].map(([result, lines]) => [result, lines.length]).toSorted(), [["created", 1], ["duplicate", 127], ["unavailable", 1]]);
  assert.equal(await unavailable(), before + 1);
  const [other] = await exchangeRaw(t, app.url, "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert.equal(other?.status, 200);
});

test("a body that does not fit the memory for partly read bodies is `unavailable`, and a small message is still stored", ONLY_IN_FULL_RUN, async (t) => {
  const app = await startTestApp(t, { env: { MAX_BODY_BYTES: String(40 * 1024 * 1024) } });
  const holding = [await openConnection(t, app.url), await openConnection(t, app.url)];
  const sentBytes = 36_000_000;
  for (const { write } of holding) write(rawPost("x".repeat(sentBytes), { length: sentBytes + 1 }));
  const refused = await Promise.race(holding.map(async ({ responses }) => (await responses(1))[0]));
  assert.equal(refused?.status, 503);
  assert.match(refused.headers.get("retry-after") ?? "", RETRY_AFTER);
  assert.deepEqual((await app.requestLines(1)).map((line) => [line["result"], line["message_id"]]), [["unavailable", undefined]]);
  assert.equal((await app.deliver(delivery())).status, 200);
});
