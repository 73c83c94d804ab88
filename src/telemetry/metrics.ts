import type { FamilyType } from "./exposition.ts";

/** The description of one metric: its row in the table of ops/metrics-and-logs.md, and its HELP and TYPE. */
export interface Metric<Names extends readonly string[] = readonly string[]> {
  readonly name: string;
  readonly type: FamilyType;
  readonly labelNames: Names;
  /** CommonMark, as in the table of metrics: no capital at the start, no full stop at the end. */
  readonly help: string;
  /** Upper bounds of a histogram's buckets; `+Inf` is added. */
  readonly buckets?: readonly number[];
}

/** Every metric of the service itself, in the order of the exposition and of the table in ops/metrics-and-logs.md. */
export const METRICS = {
  requests: {
    name: "http_requests_total",
    type: "counter",
    labelNames: ["method", "path", "status"],
    help: "requests by method, route and status; `path` is the route, such as `/messages/{message_id}`",
  },
  requestSeconds: {
    name: "http_request_duration_seconds",
    type: "histogram",
    labelNames: ["method", "path"],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    help: "time from the arrival of a request to its response; for a stream, to the response headers",
  },
  latencyMs: {
    name: "request_latency_ms",
    type: "histogram",
    labelNames: [],
    buckets: [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000],
    help: "`http_request_duration_seconds` in milliseconds, under the name that older dashboards use",
  },
  results: { name: "webhook_requests_total", type: "counter", labelNames: ["result"], help: "deliveries by result" },
  failures: {
    name: "webhook_signature_failures_total",
    type: "counter",
    labelNames: ["reason"],
    help: "signatures refused: `missing`, `malformed`, `mismatch` or `stale`",
  },
  matches: {
    name: "webhook_signature_matches_total",
    type: "counter",
    labelNames: ["secret"],
    help: "signatures accepted, by secret (`current` or `previous`): shows when the old secret can be removed",
  },
  messages: {
    name: "webhook_messages_total",
    type: "counter",
    labelNames: ["format", "result"],
    help: "messages by the sender's format (`native`, `whatsapp`, `twilio`) and outcome: `created`, `duplicate`, `conflict`, `ignored`",
  },
  conflicts: {
    name: "webhook_conflicts_total",
    type: "counter",
    labelNames: [],
    help: "repeats whose content differs from the stored message",
  },
  lastCreated: {
    name: "webhook_last_created_timestamp_seconds",
    type: "gauge",
    labelNames: [],
    help: "when this process last stored a new message; no sample before the first",
  },
  lagSeconds: {
    name: "webhook_delivery_lag_seconds",
    type: "histogram",
    labelNames: [],
    buckets: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400],
    help: "time from `ts` to receipt, for new messages",
  },
  queueDepth: { name: "webhook_queue_depth", type: "gauge", labelNames: [], help: "messages waiting to be committed" },
  batchMessages: {
    name: "webhook_batch_messages",
    type: "histogram",
    labelNames: [],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
    help: "messages committed in one transaction",
  },
  commitSeconds: {
    name: "webhook_commit_duration_seconds",
    type: "histogram",
    labelNames: [],
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    help: "duration of a committed transaction",
  },
  commitFailures: {
    name: "webhook_commit_failures_total",
    type: "counter",
    labelNames: [],
    help: "failed transactions; their messages are not stored, except perhaps after an I/O error",
  },
  removed: {
    name: "webhook_removed_messages_total",
    type: "counter",
    labelNames: [],
    help: "messages removed because they were older than `RETENTION_DAYS`",
  },
  retentionFailures: {
    name: "webhook_retention_failures_total",
    type: "counter",
    labelNames: [],
    help: "failed attempts to remove old messages; each is repeated within a minute, and the log has the reason",
  },
  storedMessages: { name: "webhook_stored_messages", type: "gauge", labelNames: [], help: "messages in the database" },
  indexFaults: {
    name: "webhook_index_faults",
    type: "gauge",
    labelNames: [],
    help: "parts of the index being rebuilt because they were damaged or inconsistent; meanwhile, reads are correct but slower",
  },
  upgradeRemainingRows: {
    name: "webhook_upgrade_remaining_rows",
    type: "gauge",
    labelNames: [],
    help: "rows from an earlier version that the upgrade has not yet moved or deleted",
  },
  databaseBytes: { name: "webhook_database_bytes", type: "gauge", labelNames: [], help: "size of the database" },
  walBytes: { name: "webhook_wal_bytes", type: "gauge", labelNames: [], help: "size of the database's write-ahead log file" },
  diskFreeBytes: { name: "webhook_disk_free_bytes", type: "gauge", labelNames: [], help: "free bytes on the database's file system" },
  ready: { name: "webhook_ready", type: "gauge", labelNames: [], help: "1 while `/health/ready` returns 200, else 0" },
  buildInfo: {
    name: "webhook_inbox_build_info",
    type: "gauge",
    labelNames: ["version", "revision", "node", "sqlite"],
    help: "always 1; the labels give the versions; with PostgreSQL, the label `postgres` replaces `sqlite`",
  },
} as const;

/** The HELP of a metric: a sentence in plain text. */
export function helpText({ help }: Pick<Metric, "help">): string {
  return `${help.slice(0, 1).toUpperCase()}${help.slice(1).replaceAll("`", "")}.`;
}
