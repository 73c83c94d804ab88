import type { OpenApiDocument } from "../api/openapi.ts";
import { routeAccess } from "../api/operation.ts";
import { OPERATION_IDS, OPERATIONS, type OperationId } from "../api/operations.ts";
import type { MetricsSource } from "../core/exposition.ts";
import type { MessageStore } from "../core/store.ts";
import type { Site } from "../core/site.ts";
import type { VerifyTwilio } from "../signature/twilio.ts";
import type { Verify } from "../signature/verify.ts";
import { createEraseMessage, createEraseSender } from "./handlers/erase.ts";
import { createReady, live } from "./handlers/health.ts";
import { createIngest } from "./handlers/ingest.ts";
import { createGetMessage, createGetPayload, createListMessages } from "./handlers/messages.ts";
import { createMetrics } from "./handlers/metrics.ts";
import { createOpenApi } from "./handlers/openapi.ts";
import { createAsset, createSitePage } from "./handlers/pages.ts";
import { createStats, createTimeline } from "./handlers/stats.ts";
import { createSubscription } from "./handlers/subscription.ts";
import { createTail } from "./handlers/tail.ts";
import { createTwilioIngest } from "./handlers/twilio.ts";
import type { Handler, Route } from "./message.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface RouteOptions {
  readonly store: MessageStore;
  readonly verify: Verify;
  /** Whether a token is configured. */
  readonly erasable: boolean;
  /** Undefined if Twilio is not configured. */
  readonly verifyTwilio: VerifyTwilio | undefined;
  readonly rateLimit: RateLimit;
  /** What a platform must send to subscribe; undefined if none may. */
  readonly verifyToken: string | undefined;
  readonly metrics: MetricsSource;
  readonly site: Site;
  readonly document: OpenApiDocument;
  /** Why the service cannot take messages now; empty if it can. */
  readonly readiness: () => Promise<readonly string[]>;
}

/** The operations of `src/api/`, each with its handler. */
export function createRoutes(options: RouteOptions): readonly Route[] {
  const handlers = createHandlers(options);
  return OPERATION_IDS.map((id) => ({ ...OPERATIONS[id], access: routeAccess(OPERATIONS[id]), handle: handlers[id] }));
}

function createHandlers(options: RouteOptions): Readonly<Record<OperationId, Handler>> {
  const { store, site } = options;
  return {
    deliverMessage: createIngest(options),
    deliverTwilioMessage: createTwilioIngest(options),
    confirmSubscription: createSubscription(options.verifyToken),
    listMessages: createListMessages(store),
    eraseSender: createEraseSender(options),
    getMessage: createGetMessage(store),
    eraseMessage: createEraseMessage(options),
    getPayload: createGetPayload(store),
    tailMessages: createTail(store),
    getStats: createStats(store),
    getTimeline: createTimeline(store),
    isLive: live,
    isReady: createReady(options.readiness),
    getMetrics: createMetrics(options.metrics),
    showInbox: createSitePage(site, "inbox"),
    showDocs: createSitePage(site, "docs"),
    getOpenApi: createOpenApi(options.document),
    getAsset: createAsset(site),
  };
}
