import type { OpenApiDocument } from "../api/openapi.ts";
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
import { createAsset, createPage } from "./handlers/pages.ts";
import { createStats, createTimeline } from "./handlers/stats.ts";
import { createSubscription } from "./handlers/subscription.ts";
import { createTail } from "./handlers/tail.ts";
import { createTwilioIngest } from "./handlers/twilio.ts";
import type { Route } from "./message.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface RouteOptions {
  readonly store: MessageStore;
  readonly verify: Verify;
  /** Whether a token is configured. */
  readonly erasable: boolean;
  /** Undefined if Twilio is not configured. */
  readonly verifyTwilio: VerifyTwilio | undefined;
  readonly rateLimit: RateLimit;
  /** What a platform must send to subscribe; undefined where none may. */
  readonly verifyToken: string | undefined;
  readonly metrics: MetricsSource;
  readonly site: Site;
  readonly document: OpenApiDocument;
  /** Why the service cannot take messages now; empty where it can. */
  readonly readiness: () => Promise<readonly string[]>;
}

/** Every endpoint of the service; `src/api/` describes what each takes and gives. */
export function createRoutes(options: RouteOptions): readonly Route[] {
  const { store, site } = options;
  return [
    { method: "POST", path: "/webhook", access: "open", takesDeliveries: true, handle: createIngest(options) },
    { method: "POST", path: "/webhook/twilio", access: "open", takesDeliveries: true, handle: createTwilioIngest(options) },
    { method: "GET", path: "/webhook", access: "open", handle: createSubscription(options.verifyToken) },
    { method: "GET", path: "/messages", access: "token", handle: createListMessages(store) },
    { method: "DELETE", path: "/messages", access: "token", handle: createEraseSender(options) },
    { method: "GET", path: "/messages/{message_id}", access: "token", handle: createGetMessage(store) },
    { method: "DELETE", path: "/messages/{message_id}", access: "token", handle: createEraseMessage(options) },
    { method: "GET", path: "/messages/{message_id}/payload", access: "token", handle: createGetPayload(store) },
    { method: "GET", path: "/tail", access: "token", handle: createTail(store) },
    { method: "GET", path: "/stats", access: "token", handle: createStats(store) },
    { method: "GET", path: "/stats/timeline", access: "token", handle: createTimeline(store) },
    { method: "GET", path: "/health/live", access: "open", handle: live },
    { method: "GET", path: "/health/ready", access: "open", handle: createReady(options.readiness) },
    { method: "GET", path: "/metrics", access: "open", handle: createMetrics(options.metrics) },
    { method: "GET", path: "/", access: "open", handle: createPage(site, "inbox") },
    { method: "GET", path: "/docs", access: "open", handle: createPage(site, "docs") },
    { method: "GET", path: "/openapi.json", access: "open", handle: createOpenApi(options.document) },
    { method: "GET", path: "/assets/{name}", access: "open", handle: createAsset(site) },
  ];
}
