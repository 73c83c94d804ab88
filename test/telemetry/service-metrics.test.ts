import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createServiceMetrics } from "../../src/telemetry/service-metrics.ts";
import { parseExposition } from "./exposition-parser.ts";
import { SERVICE_OPTIONS, createService } from "./service-fixture.ts";

function fixture(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8");
}

describe("the metrics of the service", () => {
  for (const format of ["prometheus", "openmetrics"] as const) {
    test(`are all there in a fresh process, as ${format}`, async () => {
      const text = await createService().registry.expose(format);
      assert.equal(text, fixture(`fresh-service.${format}.txt`));
      parseExposition(text);
    });
  }

  test("have these families with these types", async () => {
    const { types } = parseExposition(await createService().registry.expose("prometheus"));
    assert.deepEqual(Object.fromEntries(types), {
      http_requests_total: "counter",
      http_request_duration_seconds: "histogram",
      request_latency_ms: "histogram",
      webhook_requests_total: "counter",
      webhook_signature_failures_total: "counter",
      webhook_signature_matches_total: "counter",
      webhook_messages_total: "counter",
      webhook_conflicts_total: "counter",
      webhook_last_created_timestamp_seconds: "gauge",
      webhook_delivery_lag_seconds: "histogram",
      webhook_queue_depth: "gauge",
      webhook_batch_messages: "histogram",
      webhook_commit_duration_seconds: "histogram",
      webhook_commit_failures_total: "counter",
      webhook_removed_messages_total: "counter",
      webhook_stored_messages: "gauge",
      webhook_database_bytes: "gauge",
      webhook_wal_bytes: "gauge",
      webhook_disk_free_bytes: "gauge",
      webhook_ready: "gauge",
      webhook_inbox_build_info: "gauge",
    });
  });

  test("cannot be registered twice in one registry", () => {
    assert.throws(() => createServiceMetrics(createService().registry, SERVICE_OPTIONS));
  });

  test("show no file sizes while these cannot be read, and show them again afterwards", async () => {
    let broken = false;
    const { registry } = createService({
      sizes: () => (broken ? Promise.reject(new Error("gone")) : Promise.resolve({ databaseBytes: 1, walBytes: 2, diskFreeBytes: 3 })),
    });
    const names = ["webhook_database_bytes", "webhook_wal_bytes", "webhook_disk_free_bytes"];
    for (const [state, expected] of [[false, [1, 2, 3]], [true, [undefined, undefined, undefined]], [false, [1, 2, 3]]] as const) {
      broken = state;
      const { samples } = parseExposition(await registry.expose("prometheus"));
      assert.deepEqual(names.map((name) => samples.get(name)), expected);
    }
  });

  const readiness: readonly (readonly [string, () => Promise<boolean>, number])[] = [
    ["is there", () => Promise.resolve(true), 1],
    ["is not there", () => Promise.resolve(false), 0],
    ["cannot be told", () => Promise.reject(new Error("gone")), 0],
  ];
  for (const [state, ready, value] of readiness) {
    test(`show ${value} where readiness ${state}`, async () => {
      const { registry } = createService({ ready });
      assert.equal(parseExposition(await registry.expose("prometheus")).samples.get("webhook_ready"), value);
    });
  }
});

describe("the series of a request", () => {
  const rows: readonly (readonly [string, string | undefined, number, string])[] = [
    ["POST", "/webhook", 200, 'method="POST",path="/webhook",status="200"'],
    ["POST", "/webhook", 503, 'method="POST",path="/webhook",status="503"'],
    ["HEAD", "/messages/{message_id}", 404, 'method="HEAD",path="/messages/{message_id}",status="404"'],
    ["GET", undefined, 404, 'method="GET",path="unmatched",status="404"'],
    ["-", undefined, 400, 'method="other",path="unmatched",status="400"'],
    ["TRACE", "/webhook", 405, 'method="other",path="/webhook",status="405"'],
    ["post", undefined, 404, 'method="other",path="unmatched",status="404"'],
    ["__proto__", undefined, 404, 'method="other",path="unmatched",status="404"'],
  ];
  for (const [method, path, status, labels] of rows) {
    test(`of ${method} ${path} ${status} has the labels ${labels}`, async () => {
      const { registry, metrics } = createService();
      metrics.route(method, path).requests(status).inc();
      const { samples } = parseExposition(await registry.expose("prometheus"));
      assert.equal(samples.get(`http_requests_total{${labels}}`), 1);
    });
  }

  test("is the same for the same method, route and status", () => {
    const { metrics } = createService();
    assert.equal(metrics.route("GET", "/x"), metrics.route("GET", "/x"));
    assert.equal(metrics.route("TRACE", "/x"), metrics.route("PURGE", "/x"));
    assert.equal(metrics.route("GET", "/x").requests(200), metrics.route("GET", "/x").requests(200));
  });

  test("does not multiply with methods that clients invent", async () => {
    const { registry, metrics } = createService();
    const before = parseExposition(await registry.expose("prometheus")).samples.size;
    for (let index = 0; index < 1000; index += 1) metrics.route(`M${index}`, undefined).requests(404).inc();
    const { samples } = parseExposition(await registry.expose("prometheus"));
    // One counter and one histogram of 14 bounds, +Inf, sum and count.
    assert.equal(samples.size, before + 1 + 17);
  });
});
