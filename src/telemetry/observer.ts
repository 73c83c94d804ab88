import type { Clock } from "../core/clock.ts";
import type { DeliveryCounts, DeliveryFacts, ExchangeObserver, FinishedExchange } from "../core/exchange.ts";
import type { StoreObserver } from "../core/store.ts";
import type { Logger } from "./logger.ts";
import type { ServiceMetrics } from "./service-metrics.ts";

export interface ObserverOptions {
  readonly logger: Logger;
  readonly metrics: ServiceMetrics;
  readonly clock: Clock;
}

/** Turns each finished exchange into one log line and its metrics, and the store's work into metrics. */
export function createObserver({ logger, metrics, clock }: ObserverOptions): ExchangeObserver & Required<StoreObserver> {
  function observeDelivery({ result, signature, counts, lagSeconds = [] }: DeliveryFacts): void {
    metrics.results[result].inc();
    if (signature !== undefined) metrics.signatures[signature].inc();
    if (counts !== undefined) countMessages(counts);
    // A sender's clock may be ahead. A negative value would make the sum fall, which `rate()` takes for a restart.
    for (const seconds of lagSeconds) metrics.lagSeconds.observe(Math.max(0, seconds));
    if (result === "created") metrics.setLastCreated(clock.nowMs());
  }

  function countMessages({ format, created, duplicates, conflicts, ignored }: DeliveryCounts): void {
    const results = metrics.messages[format];
    if (created > 0) results.created.add(created);
    if (duplicates > 0) results.duplicate.add(duplicates);
    if (ignored > 0) results.ignored.add(ignored);
    if (conflicts > 0) {
      results.conflict.add(conflicts);
      metrics.conflicts.add(conflicts);
    }
  }

  return {
    finished(exchange: FinishedExchange): void {
      const { delivery, durationMs } = exchange;
      const route = metrics.route(exchange.method, exchange.route);
      route.requests(exchange.status).inc();
      route.durationSeconds.observe(durationMs / 1000);
      metrics.latencyMs.observe(durationMs);
      if (delivery !== undefined) observeDelivery(delivery);
      logger.request(exchange);
    },
    ...createStoreObserver({ logger, metrics }),
  };
}

/** Observes the store's work. */
function createStoreObserver({ logger, metrics }: Pick<ObserverOptions, "logger" | "metrics">): Required<StoreObserver> {
  return {
    committed(messages: number, seconds: number): void {
      metrics.batchMessages.observe(messages);
      metrics.commitSeconds.observe(seconds);
      logger.debug("committed", { messages, duration_ms: toMs(seconds) });
    },
    removed(messages: number): void {
      metrics.removed.add(messages);
      logger.debug("removed", { messages });
    },
    indexFaulted(reason: string): void {
      logger.error("index not usable, rebuilding it", { reason });
    },
    upgrading(rows: number): void {
      logger.info(rows === 0 ? "upgraded" : "upgrading", { remaining_rows: rows });
    },
    upgradeFailed(reason: string): void {
      logger.error("upgrade failed, trying again", { reason });
    },
    indexed(messages: number, seconds: number): void {
      logger.debug("indexed", { messages, duration_ms: toMs(seconds) });
    },
    retained({ messages, before }): void {
      logger.info("retention", { removed: messages, received_before: before });
    },
    retentionSuspended({ clock: shown, expected, until }): void {
      logger.warning("retention suspended: the clock jumped ahead", { clock: shown, expected, until });
    },
    retentionFailed({ reason, isNew }): void {
      metrics.retentionFailures.inc();
      if (isNew) logger.warning("retention failed, trying again", { reason });
    },
    checkpointed(pages: number, seconds: number): void {
      logger.debug("checkpoint", { pages, duration_ms: toMs(seconds) });
    },
    commitFailed(messages: number, reason: string): void {
      metrics.commitFailures.inc();
      logger.error("commit failed", { messages, reason });
    },
  };
}

/** In milliseconds, rounded to the microsecond. */
function toMs(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3;
}
