import type { SecretName, SenderFormat, SignatureFailure, WebhookResult } from "../core/outcome.ts";
import type { StoreSizes } from "../core/store.ts";
import type { Counter, Gauge, Histogram, Registry } from "./registry.ts";

export interface ServiceMetricsOptions {
  readonly build: {
    readonly version: string;
    readonly revision: string;
    readonly node: string;
    readonly sqlite: string;
  };
  /** Asked at each scrape. */
  readonly queueDepth: () => number;
  readonly storedMessages: () => number;
  /** Asked at each scrape; a size that is not told has no sample, rather than an old one. */
  readonly sizes: () => Promise<StoreSizes>;
  /** Asked at each scrape; a rejection counts as not ready. */
  readonly ready: () => Promise<boolean>;
}

/** The series of one method and path. */
export interface RouteMetrics {
  readonly durationSeconds: Histogram;
  /** The request counter of a status. */
  requests(status: number): Counter;
}

/** The counters of one sender's form. */
export type MessageCounters = Readonly<Record<"created" | "duplicate" | "conflict" | "ignored", Counter>>;

/** The series that are written while the service works; those asked for at a scrape are not among them. */
export interface ServiceMetrics {
  /** Shows each route from now on, at 0; `path` is a template such as `/messages/{message_id}`. */
  announceRoutes(routes: readonly { readonly method: string; readonly path: string }[]): void;
  /** Series of a request; `path` is the route's template, undefined where no route matched. */
  route(method: string, path: string | undefined): RouteMetrics;
  readonly latencyMs: Histogram;
  readonly results: Readonly<Record<WebhookResult, Counter>>;
  /** Matches by secret and failures by reason. */
  readonly signatures: Readonly<Record<SecretName | SignatureFailure, Counter>>;
  /** What became of each message, by the form that it came in. */
  readonly messages: Readonly<Record<SenderFormat, MessageCounters>>;
  readonly conflicts: Counter;
  readonly lagSeconds: Histogram;
  /**
   * No sample before this process has created a message: a 0 would read as silence since 1970 after every start.
   * An alert for silence that shall survive a restart asks `last_over_time(webhook_last_created_timestamp_seconds[1d])`.
   */
  setLastCreated(ms: number): void;
  readonly batchMessages: Histogram;
  readonly commitSeconds: Histogram;
  readonly commitFailures: Counter;
  readonly removed: Counter;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]);
const REQUEST_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const REQUEST_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const LAG_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];
const BATCH_MESSAGES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const COMMIT_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers every metric of the service itself; throws where the registry has one of them already. */
export function createServiceMetrics(registry: Registry, options: ServiceMetricsOptions): ServiceMetrics {
  const route = createRouteTable(registry);
  const latencyMs = registry.histogram("request_latency_ms", "Time from a request's arrival to its answer, in milliseconds.", {
    bounds: REQUEST_MS,
  });
  const results = registry.counter("webhook_requests_total", "Deliveries to the webhook by result.", { labelNames: ["result"] });
  const failures = registry.counter("webhook_signature_failures_total", "Signatures refused, by reason.", { labelNames: ["reason"] });
  const matches = registry.counter("webhook_signature_matches_total", "Signatures accepted, by the secret that matched.", {
    labelNames: ["secret"],
  });
  const messages = createMessageCounters(registry);
  const conflicts = registry.counter("webhook_conflicts_total", "Repeats whose content differs from the stored message.");
  const lastCreated = registry.gauge(
    "webhook_last_created_timestamp_seconds",
    "When this process last stored a new message, as Unix time; no sample before the first.",
  );
  const lag = registry.histogram("webhook_delivery_lag_seconds", "Receipt minus the message's ts, of created messages.", {
    bounds: LAG_SECONDS,
  });
  registry.sampledGauge("webhook_queue_depth", "Messages that wait for their commit.", options.queueDepth);
  const batch = registry.histogram("webhook_batch_messages", "Messages committed in one transaction.", { bounds: BATCH_MESSAGES });
  const commit = registry.histogram("webhook_commit_duration_seconds", "Time that a committed transaction took.", {
    bounds: COMMIT_SECONDS,
  });
  const commitFailures = registry.counter("webhook_commit_failures_total", "Transactions that failed.");
  const removed = registry.counter("webhook_removed_messages_total", "Messages removed because they were older than RETENTION_DAYS.");
  registry.sampledGauge("webhook_stored_messages", "Messages in the database.", options.storedMessages);
  registerSizes(registry, options.sizes);
  // A service that cannot even tell is not ready: without a sample an alert on 0 would stay silent.
  registry.sampledGauge("webhook_ready", "1 while the service is ready, 0 otherwise.", async () =>
    (await Promise.try(options.ready).catch(() => false)) ? 1 : 0,
  );
  const { version, revision, node, sqlite } = options.build;
  registry
    .gauge("webhook_inbox_build_info", "Always 1; the labels tell what runs.", { labelNames: ["version", "revision", "node", "sqlite"] })
    .labels(version, revision, node, sqlite)
    .set(1);

  let lastCreatedChild: Gauge | undefined;
  return {
    announceRoutes(routes): void {
      for (const { method, path } of routes) route(method, path).requests(200);
    },
    route,
    latencyMs: latencyMs.labels(),
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
    conflicts: conflicts.labels(),
    lagSeconds: lag.labels(),
    setLastCreated(ms): void {
      lastCreatedChild ??= lastCreated.labels();
      lastCreatedChild.set(ms / 1000);
    },
    batchMessages: batch.labels(),
    commitSeconds: commit.labels(),
    commitFailures: commitFailures.labels(),
    removed: removed.labels(),
  };
}

function createMessageCounters(registry: Registry): ServiceMetrics["messages"] {
  const messages = registry.counter("webhook_messages_total", "What deliveries held, by the sender's format and what became of it.", {
    labelNames: ["format", "result"],
  });
  const counters = (format: SenderFormat): MessageCounters => ({
    created: messages.labels(format, "created"),
    duplicate: messages.labels(format, "duplicate"),
    conflict: messages.labels(format, "conflict"),
    ignored: messages.labels(format, "ignored"),
  });
  return { native: counters("native"), whatsapp: counters("whatsapp"), twilio: counters("twilio") };
}

function createRouteTable(registry: Registry): ServiceMetrics["route"] {
  const requests = registry.counter("http_requests_total", "Requests answered, by method, route and status.", {
    labelNames: ["method", "path", "status"],
  });
  const durations = registry.histogram("http_request_duration_seconds", "Time from a request's arrival to its answer.", {
    labelNames: ["method", "path"],
    bounds: REQUEST_SECONDS,
  });

  function createRoute(method: string, path: string): RouteMetrics {
    // Indexed by status: a finished request then builds no label and hashes nothing.
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
    // A client chooses the method, so it must not choose how many series there are.
    const methodLabel = METHODS.has(method) ? method : "other";
    let methods = paths.get(path);
    if (methods === undefined) paths.set(path, (methods = new Map()));
    let route = methods.get(methodLabel);
    if (route === undefined) methods.set(methodLabel, (route = createRoute(methodLabel, path)));
    return route;
  };
}

function registerSizes(registry: Registry, read: () => Promise<StoreSizes>): void {
  const families = {
    databaseBytes: registry.gauge("webhook_database_bytes", "Size of the database."),
    walBytes: registry.gauge("webhook_wal_bytes", "Size of the write-ahead log file."),
    diskFreeBytes: registry.gauge("webhook_disk_free_bytes", "Free bytes on the database's file system."),
  };
  registry.onScrape(async () => {
    const sizes = await Promise.try(read).catch((): StoreSizes => ({}));
    for (const name of ["databaseBytes", "walBytes", "diskFreeBytes"] as const) {
      const size = sizes[name];
      if (size === undefined) families[name].clear();
      else families[name].labels().set(size);
    }
  });
}
