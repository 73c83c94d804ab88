import { performance } from "node:perf_hooks";
import { type Config, ownSecrets } from "./config.ts";
import type { Clock } from "./core/clock.ts";
import type { Secrets } from "./core/secrets.ts";
import { oddSecrets } from "./secret-file.ts";
import { createAuthorize } from "./http/access.ts";
import { createExchange } from "./http/exchange.ts";
import { createOpenApiDocument } from "./api/document.ts";
import { createRateLimit } from "./http/rate-limit.ts";
import { createRouter } from "./http/router.ts";
import { createRoutes } from "./http/routes.ts";
import { createListener } from "./http/listener.ts";
import { createSite } from "./pages/site.ts";
import { createTwilioVerifier } from "./signature/twilio.ts";
import { createVerifier } from "./signature/verify.ts";
import { openStore } from "./storage/open.ts";
import { createLogger } from "./telemetry/logger.ts";
import { createObserver } from "./telemetry/observer.ts";
import { registerProcessMetrics } from "./telemetry/process-metrics.ts";
import { createRegistry } from "./telemetry/registry.ts";
import { createServiceMetrics } from "./telemetry/service-metrics.ts";

/** The versions of what runs, for the start-up line and `webhook_inbox_build_info`. */
export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly node: string;
  readonly sqlite: string;
}

export interface StartOptions {
  readonly build: Build;
  /** Takes log lines in batches. */
  readonly writeLog: (chunk: string) => void;
  /** The database can no longer be trusted: the process must close the service and end. */
  readonly onFatal: (reason: string) => void;
  readonly clock?: Clock;
  /** How long the store waits for a lock of another process, in milliseconds. */
  readonly busyTimeoutMs?: number;
  /** How long a batch is resent to PostgreSQL until its outcome is known, in milliseconds; see `openEngine` for the default. */
  readonly budgetMs?: number;
  /** The maximum number of messages in one transaction; by default all that wait. */
  readonly maxBatchMessages?: number;
  /** The maximum size of the database in pages of 4 KiB; no limit by default. */
  readonly maxPageCount?: number;
  /** The maximum number of open connections; see `connectionLimit` for the default. */
  readonly maxConnections?: number;
}

export interface App {
  /** The URL at which it listens, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Uses these secrets for all later requests. */
  useSecrets(secrets: Secrets): void;
  /** The operator confirms that the clock is right: see `MessageStore`. */
  confirmClock(): void;
  /** Writes a line to the service's log. */
  readonly log: { info(msg: string): void; error(msg: string): void };
  /**
   * Stops gracefully: not ready, no new connections; requests in flight get their responses, everything is committed, the log
   * is written.
   */
  close(): Promise<void>;
}

/** The part of the time for a stop that is reserved for the last commit, the checkpoint and the log. */
const CLOSING_SHARE = 0.2;

/**
 * Composition root: connects the parts and listens. Rejects if the database cannot be opened or the address cannot be used;
 * with `UnusableSetting` if a setting is wrong.
 */
export async function start(config: Config, options: StartOptions): Promise<App> {
  const { build } = options;
  const clock = options.clock ?? { nowMs: () => Date.now() };
  const logger = createLogger({ level: config.logLevel, write: options.writeLog, nowMs: clock.nowMs });
  const verifierOptions = { clock, toleranceSeconds: config.toleranceSeconds, extraHeader: config.signatureHeader };
  let verify = createVerifier(config.secrets, verifierOptions);
  let stopping = false;
  for (const line of config.warnings) logger.warning(line);

  async function readiness(): Promise<readonly string[]> {
    return stopping ? ["the service is stopping"] : store.check();
  }

  const registry = createRegistry();
  const metrics = createServiceMetrics(registry, {
    queueDepth: () => store.queueDepth(),
    storedMessages: () => store.count(),
    sizes: () => store.sizes(),
    maintenance: () => store.maintenance(),
    ready: async () => (await readiness()).length === 0,
  });
  const stopProcessMetrics = registerProcessMetrics(registry);
  const observer = createObserver({ logger, metrics, clock });
  const listener = createListener(config, { observer, maxConnections: options.maxConnections });
  const remarks: string[] = [];
  const { store, database, isNew, postgres } = await openStore(config.database, {
    clock,
    observer,
    retentionDays: config.retentionDays,
    busyTimeoutMs: options.busyTimeoutMs,
    budgetMs: options.budgetMs,
    maxBatchMessages: options.maxBatchMessages,
    maxPageCount: options.maxPageCount,
    onOwned: listener.listen,
    remark: (text) => void remarks.push(text),
    fault: (text) => logger.error("database fault", { reason: text }),
    onFatal: (reason) => {
      logger.error("fatal storage fault", { reason });
      options.onFatal(reason);
    },
  }).catch(async (error) => {
    await listener.abandon();
    throw error;
  });

  const document = createOpenApiDocument(build.version);
  const routes = createRoutes({
    store,
    readiness,
    metrics: registry,
    site: createSite(document),
    document,
    verify: (body, headers) => verify(body, headers),
    rateLimit: createRateLimit(config.rateLimitPerMinute, clock),
    verifyTwilio: config.twilio === undefined ? undefined : createTwilioVerifier(config.twilio, clock),
    verifyToken: config.verifyToken,
    erasable: config.apiToken !== undefined,
  });
  metrics.announceRoutes(routes);
  const runs = describeBuild(build, postgres);
  metrics.announceBuild(runs);
  const server = listener.serve(createExchange({
    observer,
    clock,
    router: createRouter(routes),
    authorize: createAuthorize(config.apiToken),
    bodyLimitBytes: config.bodyLimitBytes,
    trustedProxies: config.trustedProxies,
    stopping: () => stopping,
  }));
  // Log the reasons at the start, not only when the first delivery is refused.
  const reasons = await store.check();
  if (reasons.length > 0) logger.error("messages cannot be stored", { reasons: reasons.join("; ") });
  const contents = { database, new_database: isNew, messages: store.count(), ...(remarks.length > 0 && { remarks }) };
  logger.info("started", { url: server.url, ...runs, ...contents });

  return {
    url: server.url,
    log: logger,
    useSecrets(secrets) {
      verify = createVerifier(secrets, verifierOptions);
      logger.info("secrets reloaded", { previous: secrets.previous.length });
      for (const line of oddSecrets(ownSecrets(secrets, config.extraPrevious))) logger.warning(line);
    },
    confirmClock() {
      logger.info("clock confirmed");
      store.confirmClock();
    },
    async close() {
      const startedAt = performance.now();
      stopping = true;
      logger.info("stopping");
      const destroyed = await server.close(config.shutdownTimeoutMs * (1 - CLOSING_SHARE));
      try {
        await store.close({ graceMs: (config.shutdownTimeoutMs * CLOSING_SHARE) / 4 });
        logger.info("stopped", { cut_off: destroyed, duration_ms: Math.round(performance.now() - startedAt) });
      } finally {
        stopProcessMetrics();
        logger.flush();
      }
    },
  };
}

/** The versions of what runs, including the engine that stores the messages. */
function describeBuild({ sqlite, ...build }: Build, postgres: string | undefined): Readonly<Record<string, string>> {
  return postgres === undefined ? { ...build, sqlite } : { ...build, postgres };
}
