import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { DeliveryCounts, DeliveryFacts, FinishedExchange } from "../../src/core/exchange.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createObserver } from "../../src/telemetry/observer.ts";
import { parseExposition } from "./exposition-parser.ts";
import { createService } from "./service-fixture.ts";

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function delivery(status: number, facts: DeliveryFacts, durationMs = 1.25): FinishedExchange {
  return { requestId: "r-1", method: "POST", path: "/webhook", route: "/webhook", status, durationMs, delivery: facts };
}

function observed(...exchanges: readonly FinishedExchange[]) {
  const { registry, metrics } = createService();
  let log = "";
  const logger = createLogger({ level: "DEBUG", write: (chunk) => (log += chunk), nowMs: () => NOW_MS });
  const observer = createObserver({ logger, metrics, clock: { nowMs: () => NOW_MS } });
  for (const exchange of exchanges) observer.finished(exchange);
  return {
    observer,
    expose: () => registry.expose("prometheus"),
    samples: async () => parseExposition(await registry.expose("prometheus")).samples,
    lines: (): readonly unknown[] => {
      logger.flush();
      return log.split("\n").slice(0, -1).map((line): unknown => JSON.parse(line));
    },
  };
}

const COUNTS: DeliveryCounts = { format: "native", created: 0, duplicates: 0, conflicts: 0, ignored: 0 };
const CREATED: DeliveryFacts = { result: "created", messageId: "m1", signature: "current", lagSeconds: [2], counts: { ...COUNTS, created: 1 } };
const REQUEST = { ts: "2026-01-02T03:04:05.678Z", request_id: "r-1", method: "POST", path: "/webhook", latency_ms: 1.25 };

const DELIVERIES: readonly (readonly [string, FinishedExchange, object, readonly string[]])[] = [
  ["a new message", delivery(200, CREATED),
    { level: "INFO", status: 200, message_id: "m1", dup: false, result: "created" },
    ['webhook_messages_total{format="native",result="created"}', 'webhook_requests_total{result="created"}', 'webhook_signature_matches_total{secret="current"}', "webhook_delivery_lag_seconds_count"]],
  ["a notification of one new message", delivery(200, {
    ...CREATED, counts: { ...COUNTS, format: "whatsapp", created: 1, ignored: 1 }, warnings: ["1 message is incomplete"],
  }),
    { level: "WARNING", status: 200, message_id: "m1", dup: false, result: "created", warnings: ["1 message is incomplete"],
      format: "whatsapp", messages: 1, created: 1, duplicates: 0, ignored: 1 },
    ['webhook_messages_total{format="whatsapp",result="created"}', 'webhook_messages_total{format="whatsapp",result="ignored"}',
      'webhook_requests_total{result="created"}', 'webhook_signature_matches_total{secret="current"}', "webhook_delivery_lag_seconds_count"]],
  ["a repeat", delivery(200, { result: "duplicate", messageId: "m1", signature: "previous", counts: { ...COUNTS, duplicates: 1 } }),
    { level: "INFO", status: 200, message_id: "m1", dup: true, result: "duplicate" },
    ['webhook_messages_total{format="native",result="duplicate"}', 'webhook_requests_total{result="duplicate"}',
      'webhook_signature_matches_total{secret="previous"}']],
  ["a repeat with other content", delivery(200, { result: "duplicate", messageId: "m1", signature: "current", counts: { ...COUNTS, conflicts: 1 } }),
    { level: "INFO", status: 200, message_id: "m1", dup: true, result: "duplicate", conflict: true },
    ['webhook_messages_total{format="native",result="conflict"}', 'webhook_requests_total{result="duplicate"}',
      'webhook_signature_matches_total{secret="current"}', "webhook_conflicts_total"]],
  ["a notification with repeats and status reports", delivery(200, {
    result: "duplicate", signature: "current", counts: { format: "whatsapp", created: 0, duplicates: 1, conflicts: 1, ignored: 1 },
  }),
    { level: "INFO", status: 200, dup: true, result: "duplicate", conflict: true, format: "whatsapp", messages: 2, created: 0, duplicates: 2, ignored: 1 },
    [...["duplicate", "conflict", "ignored"].map((result) => `webhook_messages_total{format="whatsapp",result="${result}"}`),
      'webhook_requests_total{result="duplicate"}', 'webhook_signature_matches_total{secret="current"}', "webhook_conflicts_total"]],
  ...(["missing", "malformed", "mismatch", "stale"] as const).map((reason) => [
    `a refused signature: ${reason}`, delivery(401, { result: "invalid_signature", signature: reason, hint: "why" }),
    { level: "WARNING", status: 401, dup: false, result: "invalid_signature", reason, hint: "why" },
    ['webhook_requests_total{result="invalid_signature"}', `webhook_signature_failures_total{reason="${reason}"}`],
  ] as const),
  ["a refused body", delivery(422, { result: "validation_error", messageId: "m2", signature: "current" }),
    { level: "WARNING", status: 422, message_id: "m2", dup: false, result: "validation_error" },
    ['webhook_requests_total{result="validation_error"}', 'webhook_signature_matches_total{secret="current"}']],
  ["a body that is too large", delivery(413, { result: "too_large" }),
    { level: "WARNING", status: 413, dup: false, result: "too_large" }, ['webhook_requests_total{result="too_large"}']],
  ["a client above its rate limit", delivery(429, { result: "rate_limited" }),
    { level: "WARNING", status: 429, dup: false, result: "rate_limited" }, ['webhook_requests_total{result="rate_limited"}']],
  ["a store that cannot commit", { ...delivery(503, { result: "unavailable", messageId: "m3", signature: "current" }), fault: "disk full" },
    { level: "ERROR", status: 503, message_id: "m3", dup: false, result: "unavailable", error: "disk full" },
    ['webhook_requests_total{result="unavailable"}', 'webhook_signature_matches_total{secret="current"}']],
];

describe("a delivery becomes one log line and its counts", () => {
  for (const [what, exchange, fields, counted] of DELIVERIES) {
    test(what, async () => {
      const { lines, samples } = observed(exchange);
      assert.deepEqual(lines(), [{ ...REQUEST, ...fields }]);
      const after = await samples();
      const counters = [...after].filter(([name, value]) => /^webhook_.*(_total(\{|$)|lag_seconds_count)/.test(name) && value !== 0);
      assert.deepEqual(counters.map(([name]) => name).sort(), [...counted].sort());
      assert.ok(counters.every(([, value]) => value === 1));
      assert.equal(after.get(`http_requests_total{method="POST",path="/webhook",status="${exchange.status}"}`), 1);
    });
  }

  test("and sets the time of the last created message only if one was created", async () => {
    const name = "webhook_last_created_timestamp_seconds";
    const repeat = delivery(200, { result: "duplicate", messageId: "m1" });
    assert.equal((await observed(repeat).samples()).get(name), undefined);
    assert.equal((await observed(repeat, delivery(200, CREATED)).samples()).get(name), NOW_MS / 1000);
  });

  for (const [lagSeconds, bucket] of [[-5, "0.1"], [0.1, "0.1"], [0.11, "0.5"], [86_400, "86400"], [1e9, "+Inf"]] as const) {
    test(`and counts a lag of ${lagSeconds} s from bucket ${bucket} up, with a negative lag as 0`, async () => {
      const samples = await observed(delivery(200, { ...CREATED, lagSeconds: [lagSeconds] })).samples();
      const filled = [...samples].find(([name, value]) => name.startsWith("webhook_delivery_lag_seconds_bucket") && value === 1);
      assert.equal(filled?.[0], `webhook_delivery_lag_seconds_bucket{le="${bucket}"}`);
      assert.equal(samples.get("webhook_delivery_lag_seconds_sum"), Math.max(0, lagSeconds));
    });
  }
});

describe("any other exchange becomes one log line and its counts", () => {
  const read: FinishedExchange = {
    requestId: "r-2", method: "GET", path: "/messages/m1", route: "/messages/{message_id}", status: 404, durationMs: 0.12345,
  };

  test("without the fields of a delivery", async () => {
    const { lines, samples } = observed(read);
    assert.deepEqual(lines(), [
      { ts: REQUEST.ts, level: "WARNING", request_id: "r-2", method: "GET", path: "/messages/m1", status: 404, latency_ms: 0.123 },
    ]);
    assert.equal((await samples()).get('http_requests_total{method="GET",path="/messages/{message_id}",status="404"}'), 1);
  });

  test("under shared labels if no route matches or nothing could be parsed", async () => {
    const { lines, samples } = observed({ ...read, method: "-", path: "-", route: undefined, status: 400 });
    assert.equal(lines().length, 1);
    assert.equal((await samples()).get('http_requests_total{method="other",path="unmatched",status="400"}'), 1);
  });

  test("with the fault in the log line", () => {
    const { lines } = observed({ ...read, status: 500, fault: 'a "broken"\nthing' });
    assert.deepEqual(lines(), [{
      ts: REQUEST.ts, level: "ERROR", request_id: "r-2", method: "GET", path: "/messages/m1", status: 500, latency_ms: 0.123,
      error: 'a "broken"\nthing',
    }]);
  });
});

describe("a transaction of the store", () => {
  test("is counted", async () => {
    const { observer, samples } = observed();
    observer.committed(64, 0.002);
    observer.committed(1, 0.5);
    const after = await samples();
    assert.equal(after.get("webhook_batch_messages_sum"), 65);
    assert.equal(after.get('webhook_batch_messages_bucket{le="1"}'), 1);
    assert.equal(after.get('webhook_batch_messages_bucket{le="64"}'), 2);
    assert.equal(after.get("webhook_commit_duration_seconds_sum"), 0.502);
    assert.equal(after.get("webhook_commit_failures_total"), 0);
  });

  test("becomes an ERROR line if it fails", async () => {
    const { observer, lines, samples } = observed();
    observer.commitFailed(12, "database or disk is full");
    assert.deepEqual(lines(), [
      { ts: REQUEST.ts, level: "ERROR", msg: "commit failed", messages: 12, reason: "database or disk is full" },
    ]);
    assert.equal((await samples()).get("webhook_commit_failures_total"), 1);
    assert.equal((await samples()).get("webhook_batch_messages_count"), 0);
  });
});

test("the exposition adds up everything that was observed", async () => {
  const { observer, lines, expose } = observed(...DELIVERIES.map(([, exchange]) => exchange));
  observer.finished({ ...delivery(200, CREATED, 3000), method: "POST" });
  observer.finished({ requestId: "r", method: "GET", path: "/nowhere", route: undefined, status: 404, durationMs: 0.5 });
  observer.committed(2, 0.0015);
  observer.commitFailed(1, "disk full");
  const text = await expose();
  parseExposition(text);
  const nonZeroSamples = text.split("\n").filter((line) => !/^#| 0$/.test(line)).join("\n");
  assert.equal(nonZeroSamples, readFileSync(new URL("./fixtures/busy-service.prometheus.txt", import.meta.url), "utf8"));
  assert.equal(lines().length, DELIVERIES.length + 4);
});

test("each transaction, removal, checkpoint and step of the index is logged at DEBUG", () => {
  const { observer, lines } = observed();
  observer.committed(3, 0.0015);
  observer.removed(2);
  observer.checkpointed(4000, 0.25);
  observer.indexed(32_768, 0.2);
  const head = { ts: new Date(NOW_MS).toISOString(), level: "DEBUG" };
  assert.deepEqual(lines(), [{ ...head, msg: "committed", messages: 3, duration_ms: 1.5 }, { ...head, msg: "removed", messages: 2 }, { ...head, msg: "checkpoint", pages: 4000, duration_ms: 250 }, { ...head, msg: "indexed", messages: 32_768, duration_ms: 200 }]);
});

test("each run of retention is logged at INFO, with the number of messages and the time before which they were received", () => {
  const { observer, lines } = observed();
  observer.retained({ messages: 12, before: "2025-01-01T00:00:00.000Z" });
  assert.deepEqual(lines(), [{ ts: new Date(NOW_MS).toISOString(), level: "INFO", msg: "retention", removed: 12, received_before: "2025-01-01T00:00:00.000Z" }]);
});

test("a failing retention is logged once per reason, and counted each time", async () => {
  const { observer, lines, samples } = observed();
  observer.retentionFailed({ reason: "disk full", isNew: true });
  observer.retentionFailed({ reason: "disk full", isNew: false });
  assert.deepEqual(lines(), [{ ts: new Date(NOW_MS).toISOString(), level: "WARNING", msg: "retention failed, trying again", reason: "disk full" }]);
  assert.equal((await samples()).get("webhook_retention_failures_total"), 2);
});

test("a retention suspended because of the clock is a WARNING with the times", () => {
  const { observer, lines } = observed();
  const suspension = { clock: "2035-01-01T00:00:00.000Z", expected: "2025-01-01T00:00:00.000Z", until: "2035-01-02T00:00:00.000Z" };
  observer.retentionSuspended(suspension);
  assert.deepEqual(lines(), [{ ts: new Date(NOW_MS).toISOString(), level: "WARNING", msg: "retention suspended: the clock jumped ahead", ...suspension }]);
});
