import assert from "node:assert/strict";
import { test } from "node:test";
import { createNearestRoute } from "../../src/http/nearest-route.ts";
import { createRouter } from "../../src/http/router.ts";
import { createTestRoutes } from "../support/routes.ts";

test("one trailing slash is the same route, for every route", async (t) => {
  const routes = await createTestRoutes(t);
  const router = createRouter(routes);
  for (const { method, path } of routes.filter((route) => route.path !== "/")) {
    const target = path.replace(/\{.*\}/, "x");
    assert.deepEqual(router(method, `${target}/`), router(method, target), path);
    assert.equal(router(method, target).kind, "route");
    const twice = router(method, `${target}//`);
    assert.ok(twice.kind === "refusal" && twice.refusal.code === "not_found", path);
    assert.deepEqual(router("OPTIONS", `${target}/`), router("OPTIONS", target));
    assert.deepEqual(router("FROB", `${target}/`), router("FROB", target));
  }
  // The page at / has relative links, which would lead elsewhere from there.
  for (const target of ["//", "///"]) assert.equal(router("GET", target).kind, "refusal");
});

const NEAR: readonly (readonly [given: string, nearest: string | undefined])[] = [
  ["//webhook", "/webhook"],
  ["/webhook//", "/webhook"],
  ["/webhooks", "/webhook"],
  ["/WEBHOOK", "/webhook"],
  ["/Webhook/", "/webhook"],
  ["/web-hook", "/webhook"],
  ["/webhok", "/webhook"],
  ["/%77ebhook", "/webhook"],
  ["/api/webhook", "/webhook"],
  ["/api/v1/webhook", "/webhook"],
  ["webhook", "/webhook"],
  ["/webhook/twillio", "/webhook/twilio"],
  ["/webhook//twilio", "/webhook/twilio"],
  ["/message", "/messages"],
  ["/Messages", "/messages"],
  ["/message/m1", "/messages/{message_id}"],
  ["/inbox/messages/m1", "/messages/{message_id}"],
  ["/messages/order/7", "/messages/{message_id}"],
  ["/metric", "/metrics"],
  ["/health/liv", "/health/live"],
  ["/health/Ready", "/health/ready"],
  ["/openapi.yaml", undefined],
  ["/tails", "/tail"],
  ["/stats/timelines", "/stats/timeline"],
  ["/", undefined],
  ["//", undefined],
  ["", undefined],
  ["*", undefined],
  ["/none", undefined],
  ["/health", "/health/live"],
  ["/healthz", "/health/live"],
  ["/webhook/github", "/webhook"],
  ["/webhook/meta/whatsapp/", "/webhook"],
  ["/metrics/x", "/metrics"],
  ["/messages/m1/payloads", "/messages/{message_id}/payload"],
  ["/messages/m1/Payload", "/messages/{message_id}/payload"],
  ["/webhook/.", "/webhook"],
  ["/webhook.json", undefined],
  ["/favicon.ico", undefined],
  ["/wp-login.php", undefined],
  ["/%ff", undefined],
  [`/webhook${"s".repeat(10_000)}`, undefined],
  [`/${"/".repeat(10_000)}`, undefined],
];

test("an unknown path has a nearest route, if one is similar:", async (t) => {
  const nearest = createNearestRoute((await createTestRoutes(t)).map(({ path }) => path));
  for (const [given, expected] of NEAR) {
    await t.test(`${JSON.stringify(given.slice(0, 40))}: ${expected}`, () => assert.equal(nearest(given), expected));
  }
});
