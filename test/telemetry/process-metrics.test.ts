import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as nextIteration } from "node:timers/promises";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { registerProcessMetrics } from "../../src/telemetry/process-metrics.ts";
import { createRegistry } from "../../src/telemetry/registry.ts";
import { parseExposition } from "./exposition-parser.ts";

interface Scraper {
  readonly samples: () => Promise<ReadonlyMap<string, number>>;
  readonly types: () => Promise<ReadonlyMap<string, string>>;
  readonly stop: () => void;
}

function scraper(t: TestContext): Scraper {
  const registry = createRegistry();
  const stop = registerProcessMetrics(registry);
  t.after(stop);
  return {
    samples: async () => parseExposition(await registry.expose("openmetrics")).samples,
    types: async () => parseExposition(await registry.expose("prometheus")).types,
    stop,
  };
}

const EVERYWHERE = {
  process_cpu_user_seconds_total: "counter",
  process_cpu_system_seconds_total: "counter",
  process_cpu_seconds_total: "counter",
  process_start_time_seconds: "gauge",
  process_resident_memory_bytes: "gauge",
  nodejs_eventloop_lag_seconds: "gauge",
  nodejs_eventloop_lag_min_seconds: "gauge",
  nodejs_eventloop_lag_max_seconds: "gauge",
  nodejs_eventloop_lag_mean_seconds: "gauge",
  nodejs_eventloop_lag_stddev_seconds: "gauge",
  nodejs_eventloop_lag_p50_seconds: "gauge",
  nodejs_eventloop_lag_p90_seconds: "gauge",
  nodejs_eventloop_lag_p99_seconds: "gauge",
  nodejs_active_resources: "gauge",
  nodejs_active_resources_total: "untyped",
  nodejs_heap_size_total_bytes: "gauge",
  nodejs_heap_size_used_bytes: "gauge",
  nodejs_external_memory_bytes: "gauge",
  nodejs_heap_space_size_total_bytes: "gauge",
  nodejs_heap_space_size_used_bytes: "gauge",
  nodejs_heap_space_size_available_bytes: "gauge",
  nodejs_gc_duration_seconds: "histogram",
  nodejs_version_info: "gauge",
};
const FROM_PROC = {
  process_virtual_memory_bytes: "gauge",
  process_heap_bytes: "gauge",
  process_open_fds: "gauge",
  process_max_fds: "gauge",
};

describe("the metrics of the process", () => {
  test("have the names of prom-client, with those from /proc only on Linux", async (t) => {
    const types = await scraper(t).types();
    assert.deepEqual(Object.fromEntries(types), process.platform === "linux" ? { ...EVERYWHERE, ...FROM_PROC } : EVERYWHERE);
  });

  test("have plausible values", async (t) => {
    const samples = await scraper(t).samples();
    const value = (name: string): number => samples.get(name) ?? NaN;
    assert.ok(value("process_resident_memory_bytes") > 10e6);
    assert.ok(value("process_cpu_seconds_total") > 0);
    const parts = value("process_cpu_user_seconds_total") + value("process_cpu_system_seconds_total");
    assert.ok(Math.abs(value("process_cpu_seconds_total") - parts) < 1e-6);
    assert.ok(Math.abs(value("process_start_time_seconds") - (Date.now() / 1000 - process.uptime())) < 60);
    assert.ok(value("nodejs_heap_size_used_bytes") > 1e6);
    assert.ok(value("nodejs_heap_size_total_bytes") >= value("nodejs_heap_size_used_bytes"));
    assert.ok(value('nodejs_heap_space_size_used_bytes{space="old"}') > 0);
    assert.ok(value("nodejs_eventloop_lag_seconds") >= 0);
    const [major, minor, patch] = process.versions.node.split(".");
    assert.equal(value(`nodejs_version_info{version="${process.version}",major="${major}",minor="${minor}",patch="${patch}"}`), 1);
    assert.ok([...samples.values()].every((sample) => sample >= 0));
  });

  test("count open files", async (t) => {
    const { samples } = scraper(t);
    const before = (await samples()).get("process_open_fds") ?? 0;
    const opened = Array.from({ length: 20 }, () => openSync(process.execPath, "r"));
    const after = (await samples()).get("process_open_fds") ?? 0;
    for (const fd of opened) closeSync(fd);
    assert.equal(after - before, process.platform === "linux" ? 20 : 0);
  });

  test("count active resources by type, and drop types without any", async (t) => {
    const { samples } = scraper(t);
    const name = 'nodejs_active_resources{type="Timeout"}';
    const before = await samples();
    const timers = [setTimeout(() => {}, 60_000), setTimeout(() => {}, 60_000)];
    const during = await samples();
    for (const timer of timers) clearTimeout(timer);
    const after = await samples();
    assert.equal((during.get(name) ?? 0) - (before.get(name) ?? 0), 2);
    assert.equal(after.get(name), before.get(name));
    assert.equal(
      during.get("nodejs_active_resources_total"),
      [...during].filter(([series]) => series.startsWith("nodejs_active_resources{")).reduce((sum, [, count]) => sum + count, 0),
    );
  });

  test("measure each garbage collection by kind", { timeout: 10_000 }, async (t) => {
    const { samples } = scraper(t);
    const name = 'nodejs_gc_duration_seconds_count{kind="major"}';
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    assert.ok(typeof collect === "function");
    collect();
    let count = 0;
    while (count === 0 && !t.signal.aborted) {
      await nextIteration();
      count = (await samples()).get(name) ?? 0;
    }
    assert.ok(count > 0);
  });

  test("have all lag statistics without NaN from the first scrape, even after they are stopped", async (t) => {
    const stopped = scraper(t);
    const lagOf = (samples: ReadonlyMap<string, number>): readonly string[] => [...samples.keys()].filter((series) => series.startsWith("nodejs_eventloop_lag"));
    const first = await stopped.samples();
    assert.equal(lagOf(first).length, 8);
    stopped.stop();
    const after = await stopped.samples();
    assert.deepEqual(lagOf(after), lagOf(first));
    assert.ok([...first.values(), ...after.values()].every((sample) => !Number.isNaN(sample)));
  });

  test("do not keep the process alive", async () => {
    const script = `
      const { registerProcessMetrics } = await import(${JSON.stringify(import.meta.resolve("../../src/telemetry/process-metrics.ts"))});
      const { createRegistry } = await import(${JSON.stringify(import.meta.resolve("../../src/telemetry/registry.ts"))});
      registerProcessMetrics(createRegistry());
    `;
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 10_000 });
  });
});
