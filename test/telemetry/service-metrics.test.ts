import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { helpText, METRICS, type Metric } from "../../src/telemetry/metrics.ts";
import { createServiceMetrics } from "../../src/telemetry/service-metrics.ts";
import { parseExposition } from "./exposition-parser.ts";
import { SERVICE_OPTIONS, createService } from "./service-fixture.ts";

/** The samples of a new process that are not 0. */
const FRESH: Readonly<Record<string, number>> = {
  webhook_queue_depth: 3,
  webhook_stored_messages: 1000,
  webhook_database_bytes: 4096,
  webhook_wal_bytes: 512,
  webhook_disk_free_bytes: 1e12,
  webhook_ready: 1,
  'webhook_inbox_build_info{version="1.2.3",revision="abc",node="26.10.0",sqlite="3.53.4"}': 1,
};

describe("the metrics of the service", () => {
  for (const format of ["prometheus", "openmetrics"] as const) {
    test(`are all present in a new process, and 0 unless they show a state, as ${format}`, async () => {
      const { samples } = parseExposition(await createService().registry.expose(format));
      assert.deepEqual(Object.fromEntries([...samples].filter(([, value]) => value !== 0)), FRESH);
      const shown = new Set(samples.keys().map((series) => series.replace(/(?:_bucket|_sum|_count)?(?:\{.*)?$/, "")));
      const rows: readonly Metric[] = Object.values(METRICS);
      assert.deepEqual(rows.map(({ name }) => name).filter((name) => !shown.has(name)), ["webhook_last_created_timestamp_seconds"]);
    });
  }

  test("have the types, labels, buckets and HELP of their rows, in the order of the rows", async () => {
    const text = await createService().registry.expose("prometheus");
    const rows: readonly Metric[] = Object.values(METRICS);
    const heads = rows.flatMap((row) => [`# HELP ${row.name} ${helpText(row)}`, `# TYPE ${row.name} ${row.type}`]);
    assert.deepEqual(text.split("\n").filter((line) => line.startsWith("#")), heads);

    const { samples } = parseExposition(text);
    for (const { name, type, labelNames, buckets = [] } of rows) {
      const family = samples.keys().filter((series) => series.split("{")[0] === (type === "histogram" ? `${name}_bucket` : name));
      const les = type === "histogram" ? [...buckets.map(String), "+Inf"] : [undefined];
      for (const [index, series] of [...family].entries()) {
        const labels = Array.from(series.matchAll(/(\w+)="([^"]*)"/g), ([, label, value]) => [label, value]);
        assert.deepEqual(labels.map(([label]) => label), [...labelNames, ...(type === "histogram" ? ["le"] : [])]);
        assert.equal(labels.find(([label]) => label === "le")?.[1], les[index % les.length], series);
      }
    }
  });

  test("cannot be registered twice in one registry", () => {
    assert.throws(() => createServiceMetrics(createService().registry, SERVICE_OPTIONS));
  });

  test("have no file sizes while these cannot be read, and have them again afterwards", async () => {
    let unreadable = false;
    const { registry } = createService({
      sizes: () => (unreadable ? Promise.reject(new Error("gone")) : Promise.resolve({ databaseBytes: 1, walBytes: 2, diskFreeBytes: 3 })),
    });
    const names = ["webhook_database_bytes", "webhook_wal_bytes", "webhook_disk_free_bytes"];
    for (const [state, expected] of [[false, [1, 2, 3]], [true, [undefined, undefined, undefined]], [false, [1, 2, 3]]] as const) {
      unreadable = state;
      const { samples } = parseExposition(await registry.expose("prometheus"));
      assert.deepEqual(names.map((name) => samples.get(name)), expected);
    }
  });

  const readiness: readonly (readonly [string, () => Promise<boolean>, number])[] = [
    ["is confirmed", () => Promise.resolve(true), 1],
    ["is denied", () => Promise.resolve(false), 0],
    ["cannot be determined", () => Promise.reject(new Error("gone")), 0],
  ];
  for (const [state, ready, value] of readiness) {
    test(`show ${value} if readiness ${state}`, async () => {
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
    test(`for ${method} ${path} ${status} has the labels ${labels}`, async () => {
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

  test("does not multiply with unknown methods", async () => {
    const { registry, metrics } = createService();
    const before = parseExposition(await registry.expose("prometheus")).samples.size;
    for (let index = 0; index < 1000; index += 1) metrics.route(`M${index}`, undefined).requests(404).inc();
    const { samples } = parseExposition(await registry.expose("prometheus"));
    // One counter and one histogram of 14 buckets, +Inf, sum and count.
    assert.equal(samples.size, before + 1 + 17);
  });
});
