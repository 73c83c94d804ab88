import type { Clock } from "../core/clock.ts";
import type { DeliveryFacts, ExchangeObserver, FinishedExchange } from "../core/exchange.ts";
import type { StoreObserver } from "../core/store.ts";
import type { Logger } from "./logger.ts";
import type { ServiceMetrics } from "./service-metrics.ts";

export interface ObserverOptions {
  readonly logger: Logger;
  readonly metrics: ServiceMetrics;
  readonly clock: Clock;
}

/** Turns each finished exchange into one log line and its metrics, and the store's work into metrics. */
export function createObserver({ logger, metrics, clock }: ObserverOptions): ExchangeObserver & StoreObserver {
  function observeDelivery({ result, signature, conflict, lagSeconds }: DeliveryFacts): void {
    metrics.results[result].inc();
    if (signature !== undefined) metrics.signatures[signature].inc();
    if (conflict === true) metrics.conflicts.inc();
    if (lagSeconds !== undefined) {
      // A sender's clock may be ahead; a sum that falls would read as a restart to whoever takes its rate.
      metrics.lagSeconds.observe(Math.max(0, lagSeconds));
    }
    if (result === "created") metrics.setLastCreated(clock.nowMs());
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
    committed(messages: number, seconds: number): void {
      metrics.batchMessages.observe(messages);
      metrics.commitSeconds.observe(seconds);
    },
    removed(messages: number): void {
      metrics.removed.add(messages);
    },
    commitFailed(messages: number, reason: string): void {
      metrics.commitFailures.inc();
      logger.error("commit failed", { messages, reason });
    },
  };
}
