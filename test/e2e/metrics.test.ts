import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { OPERATIONS } from "../../src/api/operations.ts";
import { delivery, sign, startTestApp } from "../support/app.ts";
import { exchangeRaw } from "../support/connection.ts";
import { otherConnection } from "../support/database.ts";
import { ONLY_SQLITE } from "../support/engine.ts";
import { sharedApp } from "../support/shared-app.ts";
import { parseExposition } from "../telemetry/exposition-parser.ts";

const shared = sharedApp();
const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const KNOWN_STATE = new URL("./fixtures/known-state.prometheus.txt", import.meta.url);

/**
 * The service's own samples that are not 0, without those that differ from run to run: durations, sizes and unindexed messages.
 * The delivery lag does not differ, because the clock is fixed.
 */
function comparableSamples(exposition: string): string {
  return exposition
    .split("\n")
    .filter((line) => !/^(?:#|process_|nodejs_|webhook_(?:database|wal|disk_free)_bytes |webhook_unindexed_messages )| 0$/.test(line))
    .filter((line) => /^webhook_delivery_lag/.test(line) || !/^\w+_(?:seconds|ms)_(?:bucket(?!.*\+Inf)|sum)\b/.test(line))
    .join("\n");
}

test("a known series of requests gives exactly the expected samples", { skip: ONLY_SQLITE }, async (t) => {
  const app = await startTestApp(t, {
    clock: { nowMs: () => Date.UTC(2025, 0, 15, 10, 0, 2) },
    busyTimeoutMs: 1,
    env: { WEBHOOK_SECRET_PREVIOUS: "older", MAX_BODY_BYTES: "1000", WEBHOOK_RATE_LIMIT: "11" },
  });
  const body = JSON.stringify(delivery());
  await app.deliver(body);
  await app.deliver(body);
  await app.deliver(delivery({ text: "other" }));
  const late = JSON.stringify(delivery({ message_id: "m2", ts: "2025-01-15T09:00:00Z" }));
  await app.deliver(late, { "X-Signature": sign(late, "older") });
  await app.request("/webhook", { method: "POST", body });
  await app.deliver(body, { "X-Signature": "x" });
  await app.deliver(body, { "X-Signature": sign("x") });
  await app.deliver("{}");
  await app.deliver("x".repeat(1001));
  const other = otherConnection(t, app.databasePath);
  other.exec("BEGIN IMMEDIATE");
  await app.deliver(delivery({ message_id: "m3" }));
  other.exec("ROLLBACK");
  // This sender's clock is ahead.
  await app.deliver(delivery({ message_id: "m4", ts: "2025-01-15T10:00:02.5Z" }));
  await app.deliver(delivery({ message_id: "m5" }));
  await app.request("/messages/m1");
  await app.request("/messages/m2");
  await app.request("/messages/none");
  await app.request("/messages?limit=x");
  await app.request("/stats", { method: "HEAD" });
  await app.request("/stats", { method: "TRACE" });
  await app.request("/nope/m1");
  await app.request("/nope", { method: "PROPFIND" });
  await app.request("*", { method: "OPTIONS" });
  await exchangeRaw(t, app.url, "FROB / HTTP/1.1\r\n\r\n");
  await app.request("/health/ready");

  const response = await app.request("/metrics");
  assert.equal(response.headers["content-type"], TEXT_TYPE);
  parseExposition(response.body);
  assert.equal(comparableSamples(response.body), readFileSync(KNOWN_STATE, "utf8"));

  // OpenMetrics gives the same state, and counts the scrape before it too.
  const openMetrics = await app.request("/metrics", { headers: { Accept: "application/openmetrics-text" } });
  const { samples } = parseExposition(openMetrics.body);
  for (const [series, value] of parseExposition(response.body).samples) {
    if (!series.startsWith("webhook_") || /_bytes|_bucket|^webhook_delivery_lag_seconds_/.test(series)) continue;
    assert.equal(samples.get(series), value, series);
  }
  assert.equal(samples.get('http_requests_total{method="GET",path="/metrics",status="200"}'), 1);
});

test("every result and every route has a series from the start, at 0", async (t) => {
  const app = await startTestApp(t);
  const { samples } = parseExposition((await app.request("/metrics")).body);
  for (const result of ["created", "duplicate", "invalid_signature", "validation_error", "too_large", "rate_limited", "unavailable"]) {
    assert.equal(samples.get(`webhook_requests_total{result="${result}"}`), 0, result);
  }
  for (const { method, path } of Object.values(OPERATIONS)) {
    assert.equal(samples.get(`http_requests_total{method="${method}",path="${path}",status="200"}`), 0, path);
  }
  assert.equal(samples.get("webhook_stored_messages"), 0);
  // A 0 would mean that no message has come since 1970.
  assert.equal(samples.get("webhook_last_created_timestamp_seconds"), undefined);
});

const FORMATS: readonly (readonly [string | undefined, string])[] = [
  [undefined, TEXT_TYPE],
  ["*/*", TEXT_TYPE],
  ["text/plain", TEXT_TYPE],
  ["text/html", TEXT_TYPE],
  ["application/openmetrics-text", OPENMETRICS_TYPE],
  ["application/openmetrics-text;version=1.0.0", OPENMETRICS_TYPE],
  [`application/openmetrics-text; version="1.0.0"`, OPENMETRICS_TYPE],
  ["application/openmetrics-text;version=2.0.0", TEXT_TYPE],
  // What Prometheus sends.
  ["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1", OPENMETRICS_TYPE],
  ["application/openmetrics-text;q=0.4,text/plain;q=0.6", TEXT_TYPE],
  ["application/openmetrics-text;q=0, text/plain;q=0.1", TEXT_TYPE],
];

test("the format is the one that Accept prefers", async () => {
  const app = await shared();
  for (const [accept, type] of FORMATS) {
    const response = await app.request("/metrics", { headers: accept === undefined ? {} : { Accept: accept } });
    assert.equal(response.status, 200);
    assert.equal(response.headers["content-type"], type, `${accept}`);
    assert.equal(response.body.endsWith("# EOF\n"), type === OPENMETRICS_TYPE, `${accept}`);
    parseExposition(response.body);
  }
});

test("the metrics give the number of stored messages and the sizes of the files", { skip: ONLY_SQLITE }, async () => {
  const app = await shared();
  const value = async (series: string): Promise<number | undefined> => parseExposition((await app.request("/metrics")).body).samples.get(series);
  const before = (await value("webhook_stored_messages")) ?? 0;
  await Promise.all(Array.from({ length: 30 }, (_, index) => app.deliver(delivery({ message_id: `m${index}` }))));
  await app.deliver(delivery({ message_id: "m0" }));
  assert.equal(await value("webhook_stored_messages"), before + 30);
  for (const series of ["webhook_database_bytes", "webhook_wal_bytes", "webhook_disk_free_bytes"]) {
    assert.ok(Number(await value(series)) >= 4096, series);
  }
  assert.equal(await value("webhook_queue_depth"), 0);
});
