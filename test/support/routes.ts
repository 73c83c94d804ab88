import type { TestContext } from "node:test";
import type { Route } from "../../src/http/message.ts";
import { createOpenApiDocument } from "../../src/api/document.ts";
import { createRoutes, type RouteOptions } from "../../src/http/routes.ts";
import { createSite } from "../../src/pages/site.ts";
import { openTestStore } from "./store.ts";

/** The routes of the service with a new store; every signature is refused. */
export async function createTestRoutes(t: TestContext, options: Partial<RouteOptions> = {}): Promise<readonly Route[]> {
  const { store } = await openTestStore(t);
  const document = createOpenApiDocument("0.0.0-test");
  return createRoutes({
    store,
    verify: () => ({ ok: false, reason: "missing" }),
    rateLimit: () => ({ ok: true }),
    verifyTwilio: undefined,
    verifyToken: undefined,
    erasable: false,
    metrics: { expose: async () => "" },
    readiness: async () => [],
    site: createSite(document),
    document,
    ...options,
  });
}
