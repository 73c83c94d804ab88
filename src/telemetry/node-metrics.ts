import { PerformanceObserver, constants, monitorEventLoopDelay, performance } from "node:perf_hooks";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import type { Histogram, Registry } from "./registry.ts";

type Delays = ReturnType<typeof monitorEventLoopDelay>;

const LAG_WINDOW_MS = 30_000;

/**
 * Registers `nodejs_*` for the calling thread, with the names of prom-client's default metrics. The lag statistics cover the
 * last 30 to 60 s, however often they are scraped; they are 0 if nothing was recorded in that time.
 *
 * @returns a function that stops the delay monitor and the garbage-collection observer.
 */
export function registerNodeMetrics(registry: Registry): () => void {
  registerVersion(registry);
  registerHeap(registry);
  registerActiveResources(registry);
  const stopLag = registerEventLoopLag(registry);
  const stopCollections = registerGarbageCollection(registry);
  return () => {
    stopLag();
    stopCollections();
  };
}

function registerVersion(registry: Registry): void {
  const [major = "", minor = "", patch = ""] = process.versions.node.split(".");
  registry
    .gauge("nodejs_version_info", "Always 1; the labels give the version of Node.js.", {
      labelNames: ["version", "major", "minor", "patch"],
    })
    .labels(process.version, major, minor, patch)
    .set(1);
}

function registerHeap(registry: Registry): void {
  const total = registry.gauge("nodejs_heap_size_total_bytes", "Size of the V8 heap in bytes.").labels();
  const used = registry.gauge("nodejs_heap_size_used_bytes", "Used size of the V8 heap in bytes.").labels();
  const external = registry.gauge("nodejs_external_memory_bytes", "Bytes that objects use outside the V8 heap.").labels();
  const labelNames: readonly ["space"] = ["space"];
  const spaceTotal = registry.gauge("nodejs_heap_space_size_total_bytes", "Size of each V8 heap space in bytes.", {
    labelNames,
  });
  const spaceUsed = registry.gauge("nodejs_heap_space_size_used_bytes", "Used size of each V8 heap space in bytes.", {
    labelNames,
  });
  const spaceAvailable = registry.gauge(
    "nodejs_heap_space_size_available_bytes", "Available size of each V8 heap space in bytes.", { labelNames },
  );
  registry.onScrape(() => {
    // Not process.memoryUsage(), which reads /proc on this thread.
    const heap = getHeapStatistics();
    total.set(heap.total_heap_size);
    used.set(heap.used_heap_size);
    external.set(heap.external_memory);
    for (const space of getHeapSpaceStatistics()) {
      const name = space.space_name.replace(/_space$/, "");
      spaceTotal.labels(name).set(space.space_size);
      spaceUsed.labels(name).set(space.space_used_size);
      spaceAvailable.labels(name).set(space.space_available_size);
    }
  });
}

function registerActiveResources(registry: Registry): void {
  const active = registry.gauge(
    "nodejs_active_resources",
    "Number of resources that keep the event loop alive, by type.",
    { labelNames: ["type"] },
  );
  // Untyped: the name is inherited, and no gauge may end in _total.
  const total = registry.untyped("nodejs_active_resources_total", "Number of resources that keep the event loop alive.").labels();
  registry.onScrape(() => {
    const resources = process.getActiveResourcesInfo();
    active.clear();
    for (const type of resources) active.labels(type).value += 1;
    total.set(resources.length);
  });
}

function registerEventLoopLag(registry: Registry): () => void {
  // Two monitors that are reset in turn, so that a scrape resets nothing: the one that is read covers at least the last window.
  let [read, other] = [monitorEventLoopDelay(), monitorEventLoopDelay()];
  read.enable();
  other.enable();
  const turns = setInterval(() => {
    [read, other] = [other, read];
    other.reset();
  }, LAG_WINDOW_MS).unref();
  const lag = registry.gauge("nodejs_eventloop_lag_seconds", "Lag of the event loop at the scrape, in seconds.").labels();
  const statistics: readonly (readonly [name: string, help: string, of: (monitor: Delays) => number])[] = [
    ["min", "Minimum event loop delay in the last 30 to 60 seconds.", ({ min }) => min],
    ["max", "Maximum event loop delay in the last 30 to 60 seconds.", ({ max }) => max],
    ["mean", "Mean event loop delay in the last 30 to 60 seconds.", ({ mean }) => mean],
    ["stddev", "Standard deviation of the event loop delays in the last 30 to 60 seconds.", ({ stddev }) => stddev],
    ["p50", "50th percentile of the event loop delays in the last 30 to 60 seconds.", (monitor) => monitor.percentile(50)],
    ["p90", "90th percentile of the event loop delays in the last 30 to 60 seconds.", (monitor) => monitor.percentile(90)],
    ["p99", "99th percentile of the event loop delays in the last 30 to 60 seconds.", (monitor) => monitor.percentile(99)],
  ];
  const gauges = statistics.map(([name, help, of]) => {
    return { gauge: registry.gauge(`nodejs_eventloop_lag_${name}_seconds`, help).labels(), of };
  });
  registry.onScrape(async () => {
    // If nothing was recorded, the statistics would be NaN or 292 years.
    for (const { gauge, of } of gauges) gauge.set(read.count === 0 ? 0 : of(read) / 1e9);
    const before = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    lag.set((performance.now() - before) / 1000);
  });
  return () => {
    clearInterval(turns);
    read.disable();
    other.disable();
  };
}

function registerGarbageCollection(registry: Registry): () => void {
  const durations = registry.histogram(
    "nodejs_gc_duration_seconds",
    "Duration of garbage collections by kind: major, minor, incremental or weakcb.",
    { labelNames: ["kind"], buckets: [0.001, 0.01, 0.1, 1, 2, 5] },
  );
  // V8 reports a mark-sweep of the young generation as a separate kind, which prom-client does not have.
  const minor = durations.labels("minor");
  const kinds = new Map<unknown, Histogram>([
    [constants.NODE_PERFORMANCE_GC_MAJOR, durations.labels("major")],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, durations.labels("incremental")],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, durations.labels("weakcb")],
  ]);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) (kinds.get(collectionKind(entry)) ?? minor).observe(entry.duration / 1000);
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => {
    observer.disconnect();
  };
}

function collectionKind(entry: object): unknown {
  const detail: unknown = "detail" in entry ? entry.detail : undefined;
  return typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : undefined;
}
