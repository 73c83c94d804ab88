import { createRegistry } from "../../src/telemetry/registry.ts";
import type { Registry } from "../../src/telemetry/registry.ts";
import { createServiceMetrics } from "../../src/telemetry/service-metrics.ts";
import type { ServiceMetrics, ServiceMetricsOptions } from "../../src/telemetry/service-metrics.ts";

export const SERVICE_OPTIONS: ServiceMetricsOptions = {
  queueDepth: () => 3,
  storedMessages: () => 1000,
  sizes: () => Promise.resolve({ databaseBytes: 4096, walBytes: 512, diskFreeBytes: 1e12 }),
  maintenance: () => ({ unindexedMessages: 0, indexFaults: 0, upgradeRemainingRows: 0 }),
  ready: () => Promise.resolve(true),
};

export function createService(overrides: Partial<ServiceMetricsOptions> = {}): { registry: Registry; metrics: ServiceMetrics } {
  const registry = createRegistry();
  const metrics = createServiceMetrics(registry, { ...SERVICE_OPTIONS, ...overrides });
  metrics.announceRoutes([
    { method: "POST", path: "/webhook" },
    { method: "GET", path: "/messages/{message_id}" },
  ]);
  metrics.announceBuild({ version: "1.2.3", revision: "abc", node: "26.10.0", sqlite: "3.53.4" });
  return { registry, metrics };
}
