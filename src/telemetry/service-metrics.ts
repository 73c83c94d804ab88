import type { SecretName, SenderFormat, SignatureFailure, WebhookResult } from "../core/outcome.ts";
import type { StoreSizes, Maintenance } from "../core/store.ts";
import { helpText, METRICS, type Metric } from "./metrics.ts";
import type { Counter, Gauge, GaugeSource, Histogram, Registry } from "./registry.ts";

export interface ServiceMetricsOptions {
  /** Read at each scrape. */
  readonly queueDepth: () => number;
  readonly storedMessages: () => number;
  /** Read at each scrape; a missing size has no sample, rather than an old one. */
  readonly sizes: () => Promise<StoreSizes>;
  readonly maintenance: () => Maintenance;
  /** Read at each scrape; a rejection counts as not ready. */
  readonly ready: () => Promise<boolean>;
}

/** The series of one method and path. */
export interface RouteMetrics {
  readonly durationSeconds: Histogram;
  /** The request counter for a status. */
  requests(status: number): Counter;
}

/** The counters of one sender format. */
export type MessageCounters = Readonly<Record<"created" | "duplicate" | "conflict" | "ignored", Counter>>;

/** The series that are written while the service works; those read at a scrape are not included. */
export interface ServiceMetrics {
  /** Shows each route from now on, at 0; `path` is a template such as `/messages/{message_id}`. */
  announceRoutes(routes: readonly { readonly method: string; readonly path: string }[]): void;
  /** Shows the build from now on: versions by component. */
  announceBuild(build: Readonly<Record<string, string>>): void;
  /** The series of a request; `path` is the route's template, undefined if no route matched. */
  route(method: string, path: string | undefined): RouteMetrics;
  readonly latencyMs: Histogram;
  readonly results: Readonly<Record<WebhookResult, Counter>>;
  /** Matches by secret and failures by reason. */
  readonly signatures: Readonly<Record<SecretName | SignatureFailure, Counter>>;
  /** Messages by format and outcome. */
  readonly messages: Readonly<Record<SenderFormat, MessageCounters>>;
  readonly conflicts: Counter;
  readonly lagSeconds: Histogram;
  /**
   * No sample before this process has created a message: a 0 would look like silence since 1970 after every start. An alert for
   * silence that must survive a restart uses `last_over_time(webhook_last_created_timestamp_seconds[1d])`.
   */
  setLastCreated(ms: number): void;
  readonly batchMessages: Histogram;
  readonly commitSeconds: Histogram;
  readonly commitFailures: Counter;
  readonly removed: Counter;
  readonly retentionFailures: Counter;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]);

/** Registers every metric of the service itself; throws if the registry already has one of them. */
export function createServiceMetrics(registry: Registry, options: ServiceMetricsOptions): ServiceMetrics {
  const route = createRouteTable(registry);
  const latencyMs = registry.histogram(...described(METRICS.latencyMs)).labels();
  const results = registry.counter(...described(METRICS.results));
  const failures = registry.counter(...described(METRICS.failures));
  const matches = registry.counter(...described(METRICS.matches));
  const messages = createMessageCounters(registry);
  const conflicts = registry.counter(...described(METRICS.conflicts)).labels();
  const lastCreated = registry.gauge(...described(METRICS.lastCreated));
  const lagSeconds = registry.histogram(...described(METRICS.lagSeconds)).labels();
  sampleGauge(METRICS.queueDepth, options.queueDepth);
  const batchMessages = registry.histogram(...described(METRICS.batchMessages)).labels();
  const commitSeconds = registry.histogram(...described(METRICS.commitSeconds)).labels();
  const commitFailures = registry.counter(...described(METRICS.commitFailures)).labels();
  const removed = registry.counter(...described(METRICS.removed)).labels();
  const retentionFailures = registry.counter(...described(METRICS.retentionFailures)).labels();
  sampleGauge(METRICS.storedMessages, options.storedMessages);
  registerSampled(registry, { read: async () => options.maintenance(), metrics: MAINTENANCE });
  registerSampled(registry, { read: options.sizes, metrics: SIZES });
  // A service that cannot be checked is not ready: without a sample, an alert on 0 would not fire.
  sampleGauge(METRICS.ready, async () => ((await Promise.try(options.ready).catch(() => false)) ? 1 : 0));

  function sampleGauge(metric: Metric, source: GaugeSource): void {
    registry.sampledGauge(metric.name, helpText(metric), source);
  }

  let lastCreatedChild: Gauge | undefined;
  return {
    announceRoutes(routes): void {
      for (const { method, path } of routes) route(method, path).requests(200);
    },
    announceBuild(build): void {
      const { name } = METRICS.buildInfo;
      registry.gauge(name, helpText(METRICS.buildInfo), { labelNames: Object.keys(build) }).labels(...Object.values(build)).set(1);
    },
    route,
    latencyMs,
    results: {
      created: results.labels("created"),
      duplicate: results.labels("duplicate"),
      invalid_signature: results.labels("invalid_signature"),
      validation_error: results.labels("validation_error"),
      too_large: results.labels("too_large"),
      rate_limited: results.labels("rate_limited"),
      unavailable: results.labels("unavailable"),
    },
    signatures: {
      missing: failures.labels("missing"),
      malformed: failures.labels("malformed"),
      mismatch: failures.labels("mismatch"),
      stale: failures.labels("stale"),
      current: matches.labels("current"),
      previous: matches.labels("previous"),
    },
    messages,
    conflicts,
    lagSeconds,
    setLastCreated(ms): void {
      lastCreatedChild ??= lastCreated.labels();
      lastCreatedChild.set(ms / 1000);
    },
    batchMessages,
    commitSeconds,
    commitFailures,
    removed,
    retentionFailures,
  };
}

/** A metric as a registry's methods take it. */
function described<const Row extends Metric>(row: Row): readonly [name: string, help: string, options: Row] {
  return [row.name, helpText(row), row];
}

function createMessageCounters(registry: Registry): ServiceMetrics["messages"] {
  const messages = registry.counter(...described(METRICS.messages));
  const counters = (format: SenderFormat): MessageCounters => ({
    created: messages.labels(format, "created"),
    duplicate: messages.labels(format, "duplicate"),
    conflict: messages.labels(format, "conflict"),
    ignored: messages.labels(format, "ignored"),
  });
  return { native: counters("native"), whatsapp: counters("whatsapp"), twilio: counters("twilio") };
}

function createRouteTable(registry: Registry): ServiceMetrics["route"] {
  const requests = registry.counter(...described(METRICS.requests));
  const durations = registry.histogram(...described(METRICS.requestSeconds));

  function createRoute(method: string, path: string): RouteMetrics {
    // Indexed by status: a finished request then builds no label and computes no hash.
    const byStatus: (Counter | undefined)[] = [];
    return {
      durationSeconds: durations.labels(method, path),
      requests(status): Counter {
        return (byStatus[status] ??= requests.labels(method, path, String(status)));
      },
    };
  }

  const paths = new Map<string, Map<string, RouteMetrics>>();
  return (method, path = "unmatched") => {
    // A client chooses the method, so it must not determine the number of series.
    const methodLabel = METHODS.has(method) ? method : "other";
    let methods = paths.get(path);
    if (methods === undefined) paths.set(path, (methods = new Map()));
    let route = methods.get(methodLabel);
    if (route === undefined) methods.set(methodLabel, (route = createRoute(methodLabel, path)));
    return route;
  };
}

const SIZES: Readonly<Record<keyof StoreSizes, Metric>> = {
  databaseBytes: METRICS.databaseBytes,
  walBytes: METRICS.walBytes,
  diskFreeBytes: METRICS.diskFreeBytes,
};
const MAINTENANCE: Readonly<Record<Exclude<keyof Maintenance, "unindexedMessages">, Metric>> = {
  indexFaults: METRICS.indexFaults,
  upgradeRemainingRows: METRICS.upgradeRemainingRows,
};

interface Sampled<Name extends string> {
  readonly metrics: Readonly<Record<Name, Metric>>;
  readonly read: () => Promise<Readonly<Partial<Record<Name, number>>>>;
}

/** Gauges of values that are read from the store at each scrape. */
function registerSampled<Name extends string>(registry: Registry, { metrics, read }: Sampled<Name>): void {
  const gauges = Object.entries<Metric>(metrics).map(([name, metric]) => ({ name, gauge: registry.gauge(...described(metric)) }));
  registry.onScrape(async () => {
    const values = new Map(Object.entries<number | undefined>(await Promise.try(read).catch(() => ({}))));
    for (const { name, gauge } of gauges) {
      const value = values.get(name);
      if (value === undefined) gauge.clear();
      else gauge.labels().set(value);
    }
  });
}
